import type { Lease, Observation, ProviderCall } from "@cloudlink/core";
import { handler, type Mutant, withHandler } from "./mutant.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";

function silent(call: ProviderCall): ProviderCall {
  return { ...call, report: { ...call.report, vendorRequest: () => {} } };
}

function movedBy(ms: number, seen: Observation<unknown>): Observation<unknown> {
  return { ...seen, observedAt: seen.observedAt + ms };
}

/** Providers that break what is read. */
export const readMutants: readonly Mutant[] = [
  {
    does: "takes the time when the answer has come",
    breaks: "observed.when-sent",
    make: handler(({ get }) => ({
      get: async (call, request) => ({ ...(await get(call, request)), observedAt: call.ctx.clock.nowMs() }),
    })),
  },
  {
    does: "reads the system's clock",
    breaks: "observed.on-clock",
    make: handler(({ get }) => ({
      get: async (call, request) => ({ ...(await get(call, request)), observedAt: Date.now() }),
    })),
  },
  {
    does: "says that it saw what it will see in a minute",
    breaks: "observed.within-call",
    make: handler(({ get }) => ({ get: async (call, request) => movedBy(60_000, await get(call, request)) })),
  },
  {
    does: "says that it saw a minute ago what it sees now",
    breaks: "observed.within-call",
    make: handler(({ get }) => ({ get: async (call, request) => movedBy(-60_000, await get(call, request)) })),
  },
  {
    does: "rejects a batch for one absent resource",
    breaks: "absence.getMany-outcome",
    make: handler(({ getMany }) => ({
      async getMany(call, request) {
        const outcomes = await getMany(call, request);
        for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
        return outcomes;
      },
    })),
  },
  {
    does: "leaves absent resources out of a batch's answer",
    breaks: "absence.all",
    make: handler(({ getMany }) => ({
      getMany: async (call, request) => (await getMany(call, request)).filter(({ ok }) => ok),
    })),
  },
  {
    does: "asks the vendor about ids that it cannot have issued",
    breaks: "malformed.get",
    make: handler(({ get }) => ({
      get(call, request) {
        call.report.vendorRequest({ operation: "DescribeBuckets" });
        return get(call, request);
      },
    })),
  },
  {
    does: "hands out one object again and again, and changes it",
    breaks: "value.survives-freezing",
    make(vendor) {
      const cached = new Map<string, Record<string, unknown>>();
      return withHandler(createReferenceProvider(vendor), ({ get }) => ({
        async get(call, request) {
          const seen = await get(call, request);
          const value = Object.assign(cached.get(`${seen.ref.key} ${seen.view}`) ?? {}, seen.value);
          cached.set(`${seen.ref.key} ${seen.view}`, value);
          return { ...seen, value };
        },
      }));
    },
  },
  {
    does: "has fields without a value",
    breaks: "value.json",
    make: handler(({ get }) => ({
      async get(call, request) {
        const seen = await get(call, request);
        return { ...seen, value: { ...(seen.value as object), note: undefined } };
      },
    })),
  },
  {
    does: "has a field that the kind has not",
    breaks: "value.schema",
    make: handler(({ get }) => ({
      async get(call, request) {
        const seen = await get(call, request);
        return { ...seen, value: { ...(seen.value as object), vendorNote: "extra" } };
      },
    })),
  },
  {
    does: "adds to a get what its list does not have",
    breaks: "agreement.get-getMany-list",
    make: handler(({ get }) => ({
      async get(call, request) {
        const seen = await get(call, request);
        const { tags, ...value } = seen.value as { tags: Record<string, string> };
        return { ...seen, value: { ...value, tags: { ...tags, extra: "1" } } };
      },
    })),
  },
  {
    does: "remembers the first lease it is given",
    breaks: "scope.own-resources",
    make(vendor) {
      let first: Lease | undefined;
      return withHandler(createReferenceProvider(vendor), ({ get }) => ({
        get(call, request) {
          first ??= call.lease;
          return get({ ...call, lease: first }, request);
        },
      }));
    },
  },
  {
    does: "does not report its requests",
    breaks: "report.counts",
    make: handler(({ get }) => ({ get: (call, request) => get(silent(call), request) })),
  },
  {
    does: "reports an operation by another name than it declares",
    breaks: "report.declared-operations",
    make: handler(({ get }) => ({
      get(call, request) {
        const report = { ...call.report, vendorRequest: () => call.report.vendorRequest({ operation: "describe" }) };
        return get({ ...call, report }, request);
      },
    })),
  },
];
