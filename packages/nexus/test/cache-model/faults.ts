import { type Cache, type CacheNamespace, createScope } from "@cloudlink/core";
import type { Invariant } from "./invariants.ts";
import type { Wrap } from "./world.ts";

/** A cache with something broken in it, and the invariants that it breaks. */
export interface Fault {
  readonly what: string;
  readonly breaks: readonly Invariant[];
  readonly wrap: Wrap;
}

/** Another cache whose namespaces are each changed by `change`. */
function withNamespaces(change: (namespace: CacheNamespace) => Partial<CacheNamespace>): Wrap {
  return {
    cache(cache) {
      const changed = new WeakMap<CacheNamespace, CacheNamespace>();
      return {
        ...cache,
        namespace(place) {
          const real = cache.namespace(place);
          let faulty = changed.get(real);
          if (faulty === undefined) {
            faulty = { ...forwarded(real), ...change(real) };
            changed.set(real, faulty);
          }
          return faulty;
        },
      };
    },
  };
}

function forwarded(real: CacheNamespace): CacheNamespace {
  return {
    mostListItems: real.mostListItems,
    look: (read) => real.look(read),
    lookFurther: (read, isWanted) => real.lookFurther(read, isWanted),
    kept: (ref) => real.kept(ref),
    keptFurther: (read) => real.keptFurther(read),
    lookList: (read) => real.lookList(read),
    beginFill: (clock, refs) => real.beginFill(clock, refs),
    acted: (action) => real.acted(action),
    siblings: (request) => real.siblings(request),
  };
}

/** A jitter that lengthens ages where it should shorten them. */
const LONGER = 1.1;

export const FAULTS: readonly Fault[] = [
  {
    what: "stores what was invalidated while it was on its way",
    breaks: ["fence"],
    wrap: withNamespaces((real) => ({
      beginFill(clock) {
        const fill = real.beginFill(clock);
        const [atMs, atWallMs] = [clock.monotonicMs(), clock.nowMs()];
        // As old as it is, but as if nothing had been invalidated since.
        const anew = () => real.beginFill({ ...clock, monotonicMs: () => atMs, nowMs: () => atWallMs });
        return {
          isCurrent: (ref) => fill.isCurrent(ref),
          store: (observation, usual) => anew().store(observation, usual),
          storeAbsent: (ref) => anew().storeAbsent(ref),
          storeList: (key, list) => anew().storeList(key, list),
          [Symbol.dispose]: () => fill[Symbol.dispose](),
        };
      },
    })),
  },
  { what: "does not hear of actions", breaks: ["fence", "error"], wrap: withNamespaces(() => ({ acted() {} })) },
  {
    what: "lets calls join a flight that was invalidated",
    breaks: ["fence"],
    wrap: withNamespaces((real) => ({ beginFill: (clock) => ({ ...real.beginFill(clock), isCurrent: () => true }) })),
  },
  {
    what: "keeps the entries of all tenants together",
    breaks: ["scope"],
    wrap: {
      cache: (cache): Cache => ({
        ...cache,
        namespace: ({ scope, kind }) => cache.namespace({ scope: createScope({ ...scope, tenant: "all" }), kind }),
      }),
    },
  },
  {
    what: "answers by an entry that is older than asked for, by a jitter",
    breaks: ["age"],
    wrap: withNamespaces((real) => ({
      look: ({ maxAgeMs, ...read }) => real.look({ ...read, maxAgeMs: maxAgeMs && maxAgeMs * LONGER }),
    })),
  },
  {
    what: "answers by an entry of a narrower view",
    breaks: ["view"],
    wrap: withNamespaces((real) => ({ look: (read) => real.look({ ...read, fromView: 0 }) })),
  },
  {
    what: "keeps absence soon after an action",
    breaks: ["error"],
    wrap: withNamespaces((real) => ({
      // What was kept is forgotten, and no more.
      acted: ({ ref }) => void real.acted({ ref, nowMs: -60_000 }),
    })),
  },
];
