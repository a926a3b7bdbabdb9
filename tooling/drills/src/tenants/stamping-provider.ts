import { setImmediate } from "node:timers/promises";
import type { Kind, KindHandler, Provider, ProviderCall, Ref, ValueOf } from "@cloudlink/core";
import type { Subjects } from "@cloudlink/measure";
import { IDS } from "./adversarial-names.ts";
import type { Crossing, Crossings } from "./crossings.ts";
import { isOf, ownIdOf, stampOf } from "./stamp.ts";

/** A resource that says whom it was read for. */
interface Thing {
  readonly id: string;
  readonly stamp: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type ThingKind = ReturnType<typeof thingKind>;

export function thingKind({ core }: Subjects) {
  return core.defineKind<Thing>()({
    ...{ name: "drill.Thing", major: 1, minor: 0, description: "A thing." },
    ...{ views: ["state", "standard", "full"], defaultView: "standard", filters: [] },
    actions: {
      polish: { name: "polish", description: "Makes it shine.", idempotent: true },
      shake: { name: "shake", description: "Shakes it.", idempotent: false },
    },
    freshness: { maxAgeMs: 2_000, staleWhileRevalidateMs: 2_000, staleIfErrorMs: 10_000, listMaxAgeMs: 1_000 },
    columns: { table: [], wide: [] },
    loadSchema: () => Promise.reject(new TypeError("nobody asks for the schema of a thing")),
  });
}

/** How many of the common ids a list has, beside the scope's own. */
const LISTED = 3;

/**
 * A vendor in memory. Whatever it is asked it answers with the stamp of the scope that it was asked in, and it notes whether what it is asked for is that
 * scope's.
 */
export function stampingProvider(
  { core }: Subjects,
  settings: {
    readonly name: string;
    readonly partitions: readonly string[];
    readonly kind: ThingKind;
    readonly crossings: Crossings;
  },
): Provider {
  const { name, partitions, kind, crossings } = settings;

  /** Notes what a call is about. */
  function check(what: Crossing, { ctx, scope, lease }: ProviderCall, refs: readonly Ref[]): void {
    const isRight = refs.every((ref) => isOf(scope, ref));
    const isWhole = ctx.tenant === scope.tenant && lease.scope.key === scope.key;
    crossings.saw(what, isRight && isWhole, () => `${stampOf(scope)} asks for ${refs.join(" ")}`);
  }

  function observed(call: ProviderCall, { ref, view }: { readonly ref: Ref; readonly view: string }) {
    const stamp = stampOf(call.scope);
    // The same tags for everybody.
    const value: ValueOf<ThingKind> = { id: ref.id, stamp, tags: { team: ref.account, id: ref.id } };
    return { ref, view, value, observedAt: call.ctx.clock.nowMs() };
  }

  const handler: KindHandler<Thing> = {
    kind: kind as Kind<Thing>,
    async get(call, { ref, view }) {
      check("flight", call, [ref]);
      call.report.vendorRequest({ operation: "get" });
      await setImmediate();
      return observed(call, { ref, view });
    },
    async getMany(call, { refs, view }) {
      check("batch", call, refs);
      call.report.vendorRequest({ operation: "getMany" });
      await setImmediate();
      return refs.map((ref) => ({ ok: true, ref, state: observed(call, { ref, view }) }));
    },
    async *list(call, { view, pageSize, cursor = "0" }) {
      const { scope } = call;
      const { provider, partition, account, region } = scope;
      const ids = [...IDS.slice(0, LISTED), ownIdOf(stampOf(scope))];
      const refs = ids.map((id) => core.createRef({ provider, partition, account, region, kind: kind.name, id }));
      check("flight", call, refs);
      for (let from = Number(cursor); from < refs.length; from += pageSize) {
        call.report.vendorRequest({ operation: "list" });
        await setImmediate();
        const to = from + pageSize;
        yield {
          items: refs.slice(from, to).map((ref) => observed(call, { ref, view })),
          cursor: to < refs.length ? String(to) : null,
        };
      }
    },
    async act(call, { ref, dryRun, action }) {
      check("flight", call, [ref]);
      call.report.vendorRequest({ operation: action });
      await setImmediate();
      if (dryRun) return { state: "allowed" };
      return { state: "running", token: stampOf(call.scope), pollAfterMs: 0 };
    },
    async follow(call, { ref, token }) {
      check("flight", call, [ref]);
      crossings.saw(
        "flight",
        token === stampOf(call.scope),
        () => `${stampOf(call.scope)} follows what ${token} began`,
      );
      call.report.vendorRequest({ operation: "follow" });
      return { state: "done" };
    },
  };

  const views = [...kind.views];
  return {
    contractVersion: core.CONTRACT_VERSION,
    metadata: {
      ...{ name, version: "1.0.0", displayName: name, partitions, limits: [], hosts: [] },
      kinds: [
        {
          ...{ kind: kind.name, major: kind.major, regional: true, refTemplates: [] },
          get: { operations: ["get"], views },
          getMany: { operations: ["getMany"], views, maxRefs: 20 },
          list: { operations: ["list"], views, pushDown: [], maxPageSize: 100 },
          actions: {
            polish: { operations: ["polish"], dryRun: true, follow: { operations: ["follow"] } },
            shake: { operations: ["shake"], dryRun: true, follow: { operations: ["follow"] } },
          },
        },
      ],
      credentials: { ambient: true, parameters: [], keys: [] },
    },
    kinds: [handler as KindHandler],
    identify: async () => ({ partition: partitions[0] ?? "-", account: "a", principal: "somebody", regions: [] }),
    close: async () => {},
  };
}
