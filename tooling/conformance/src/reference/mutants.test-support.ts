import {
  background,
  CloudLinkError,
  type KindHandler,
  type Lease,
  type ListBatch,
  type Observation,
  type Provider,
  type ProviderCall,
} from "@cloudlink/core";
import type { MakeProvider } from "./harness.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";

/** A provider that breaks one promise, and the case that has to fail for it. */
export interface Mutant {
  readonly does: string;
  readonly breaks: string;
  readonly make: MakeProvider;
}

type Sound = Required<Pick<KindHandler, "get" | "getMany" | "list">> & KindHandler;
type Change = (sound: Sound) => Partial<KindHandler>;

/** The reference provider with some methods of its handler changed, in all else the same. */
function handler(change: Change): MakeProvider {
  return (vendor) => withHandler(createReferenceProvider(vendor), change);
}

function withHandler(provider: Provider, change: Change): Provider {
  return { ...provider, kinds: provider.kinds.map((sound) => ({ ...sound, ...change(sound as Sound) })) };
}

function provider(change: (sound: Provider) => Partial<Provider>): MakeProvider {
  return (vendor) => {
    const sound = createReferenceProvider(vendor);
    return { ...sound, ...change(sound) };
  };
}

function silent(call: ProviderCall): ProviderCall {
  return { ...call, report: { ...call.report, vendorRequest: () => {} } };
}

async function pagesOf(batches: AsyncIterable<ListBatch<unknown>>): Promise<readonly ListBatch<unknown>[]> {
  const pages: ListBatch<unknown>[] = [];
  for await (const batch of batches) pages.push(batch);
  return pages;
}

export const mutants: readonly Mutant[] = [
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
    does: "begins every page with the last item of the page before",
    breaks: "list.each-once",
    make: handler(({ list }) => ({
      async *list(call, request) {
        let last: Observation<unknown>[] = [];
        for await (const batch of list(call, request)) {
          yield { ...batch, items: [...last, ...batch.items] };
          last = batch.items.slice(-1);
        }
      },
    })),
  },
  {
    does: "begins at the start again whatever the cursor",
    breaks: "list.cursor-resumes",
    make: handler(({ list }) => ({
      list: (call, { cursor: _cursor, ...request }) => list(call, request),
    })),
  },
  {
    does: "fetches the whole list before it hands out the first page",
    breaks: "list.page-at-a-time",
    make: handler(({ list }) => ({
      async *list(call, request) {
        yield* await pagesOf(list(call, request));
      },
    })),
  },
  {
    does: "begins a list before anything is asked of it",
    breaks: "list.lazy",
    make: handler(({ list }) => ({
      list(call, request) {
        const all = pagesOf(list(call, request));
        all.catch(() => {});
        return (async function* () {
          yield* await all;
        })();
      },
    })),
  },
  {
    does: "ends a list without saying so",
    breaks: "list.ends",
    make: handler(({ list }) => ({
      async *list(call, request) {
        for await (const batch of list(call, request)) yield batch.cursor === null ? { items: batch.items } : batch;
      },
    })),
  },
  {
    does: "narrows a list by the first of several wanted values",
    breaks: "filter.any-of",
    make: handler(({ list }) => ({
      list(call, request) {
        const { where, tags } = request.filter;
        const first = Object.fromEntries(Object.entries(where).map(([path, values]) => [path, values.slice(0, 1)]));
        return list(call, { ...request, filter: { where: first, tags } });
      },
    })),
  },
  {
    does: "does not hear of a call's end",
    breaks: "abort.during",
    make: handler(({ get }) => ({
      get(call, request) {
        call.ctx.throwIfDone();
        return get({ ...call, ctx: background({ clock: call.ctx.clock }) }, request);
      },
    })),
  },
  {
    does: "leaves the caller at once and the vendor's connection open",
    breaks: "abort.reaches-vendor",
    make: handler(({ get }) => ({
      async get(call, request) {
        call.ctx.throwIfDone();
        const answer = get({ ...call, ctx: background({ clock: call.ctx.clock }) }, request);
        answer.catch(() => {});
        const over = Promise.withResolvers<never>();
        const leave = () => over.reject(call.ctx.error());
        call.ctx.signal.addEventListener("abort", leave, { once: true });
        return await Promise.race([answer, over.promise]).finally(() =>
          call.ctx.signal.removeEventListener("abort", leave),
        );
      },
    })),
  },
  {
    does: "keeps listening to the signal of a call that is over",
    breaks: "abort.no-listener-left",
    make: handler(({ get }) => ({
      get(call, request) {
        call.ctx.signal.addEventListener("abort", () => {});
        return get(call, request);
      },
    })),
  },
  {
    does: "tries again by itself",
    breaks: "fault.no-retry",
    make: handler(({ get }) => ({
      get: (call, request) =>
        get(call, request).catch((error: CloudLinkError) => {
          if (error.code !== "unavailable") throw error;
          return get(call, request);
        }),
    })),
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
  {
    does: "throws the vendor's own error when it is throttled",
    breaks: "fault.throttle",
    make: handler(({ get }) => ({
      get: (call, request) =>
        get(call, request).catch((error: CloudLinkError) => {
          throw error.code === "resource_exhausted" ? new Error("429") : error;
        }),
    })),
  },
  {
    does: "takes a body that it cannot decode for an empty one",
    breaks: "fault.broken-body",
    make: handler(({ list }) => ({
      async *list(call, request) {
        try {
          yield* list(call, request);
        } catch (error) {
          if ((error as CloudLinkError).code !== "internal") throw error;
          yield { items: [], cursor: null };
        }
      },
    })),
  },
  {
    does: "keeps the request, with its key in base64, as the cause of its errors",
    breaks: "secret.errors",
    make: handler(({ get }) => ({
      get: (call, request) =>
        get(call, request).catch((error: CloudLinkError) => {
          const key = call.lease.kind === "keys" ? (call.lease.keys.reveal().key ?? "") : "";
          const authorization = `Basic ${Buffer.from(`user:${key}`).toString("base64")}`;
          const cause = new Error("request failed", { cause: { headers: { authorization } } });
          throw new CloudLinkError({ ...error.toJSON(), cause });
        }),
    })),
  },
  {
    does: "repeats the vendor's words, whatever is in them",
    breaks: "secret.vendor-echo",
    make: (vendor) => {
      const send = vendor.send.bind(vendor);
      let words = "";
      vendor.send = (request) =>
        send(request).catch((refusal: Error) => {
          words = refusal.message;
          throw refusal;
        });
      return withHandler(createReferenceProvider(vendor), ({ get }) => ({
        get: (call, request) =>
          get(call, request).catch((error: CloudLinkError) => {
            throw new CloudLinkError({ ...error.toJSON(), message: `The vendor says: ${words}` });
          }),
      }));
    },
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
    does: "declares a list that it does not have",
    breaks: "metadata.methods",
    make: (vendor) => {
      const sound = createReferenceProvider(vendor);
      const kinds = sound.kinds.map(({ kind, get, getMany }) => ({
        kind,
        ...(get && { get }),
        ...(getMany && { getMany }),
      }));
      return { ...sound, kinds };
    },
  },
  {
    does: "has a version that is none",
    breaks: "metadata.semver",
    make: provider(({ metadata }) => ({ metadata: { ...metadata, version: "v1.2" } })),
  },
  {
    does: "may send credentials to every host of a top-level domain",
    breaks: "metadata.hosts",
    make: provider(({ metadata }) => ({ metadata: { ...metadata, hosts: ["*.example"] } })),
  },
  {
    does: "leaves calls running when it is closed",
    breaks: "close.cancels",
    make: provider(() => ({ close: async () => {} })),
  },
  {
    does: "ends every provider of the process when one is closed",
    breaks: "close.spoils-nobody",
    make: (() => {
      const all = new Set<Provider>();
      return (vendor) => {
        const sound = createReferenceProvider(vendor);
        all.add(sound);
        const close = async () => {
          for (const each of all) await each.close();
          all.clear();
        };
        return { ...sound, close };
      };
    })(),
  },
];
