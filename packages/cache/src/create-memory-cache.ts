import { type Cache, type CachePlace, type CacheSelection, matchesFilter, type ResourceChange } from "@cloudlink/core";
import { checkMemoryBounds, type MemoryBoundsSettings } from "./check-memory-bounds.ts";
import { Fence } from "./fence.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { isAbout, NamespaceRegistry } from "./namespace-registry.ts";
import { RecentActions } from "./recent-actions.ts";
import { type NamespaceSettings, ResourceNamespace, type SeenResource } from "./resource-namespace.ts";

/** What {@link createMemoryCache} takes. An entry is a resource or a list. */
export interface MemoryCacheSettings extends MemoryBoundsSettings {
  /** From 0 up to 1: the jitter of ages. `Math.random` unless a test puts another in its place. */
  random?(): number;
}

/** By how much, in milliseconds, the clock of whoever says that something changed may be behind ours. */
const CLOCK_SKEW_MS = 1_000;

/**
 * A cache in this process's memory, for the kernel: `createNexus({ cache: createMemoryCache(), … })`.
 *
 * Invariants: an entry answers if and only if it is no older than asked for; what was invalidated is not stored by any fill that began
 * before; nothing is found from another scope; the bounds hold, and a tenant that keeps less than half of what the largest does loses
 * nothing to another; absence is kept for 2 s at the most, and for nobody for a minute after an action on something of its kind in its account and region.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for bounds that are no positive numbers.
 */
export function createMemoryCache(settings: MemoryCacheSettings = {}): Cache {
  const { random = Math.random } = settings;
  const budget = new MemoryBudget(checkMemoryBounds(settings));
  const fence = new Fence<SeenResource>();
  const actions = new RecentActions();
  const registry = new NamespaceRegistry();
  const shared: NamespaceSettings = {
    budget,
    fence,
    actions,
    random,
    filled: (namespace) => registry.hold(namespace),
    emptied: (namespace) => registry.release(namespace),
    acted({ ref, nowMs }) {
      actions.add({ ref, nowMs });
      forget({ ref }, (seen) => isSelected({ ref }, seen));
    },
  };
  let invalidated = 0;

  const namespaceOf = (place: CachePlace) => registry.find(place, () => new ResourceNamespace(place, shared));

  function forget(selection: CacheSelection, invalidates: (seen: SeenResource) => boolean): number {
    fence.add(invalidates);
    let count = 0;
    for (const namespace of registry.concerned(selection)) count += namespace.invalidate(invalidates, selection.ref);
    invalidated += count;
    return count;
  }

  return {
    namespace: namespaceOf,
    invalidate: (selection) => forget(selection, (seen) => isSelected(selection, seen)),
    applied(change) {
      forget({ ref: change.ref }, (seen) => isOlder(change, seen));
    },
    use() {
      const { entries, bytes, evicted } = budget;
      return { entries, bytes, ...budget.bounds, evicted, invalidated };
    },
  };
}

/** Whether what was seen is, or may be, of the selection. Of a list, and of what is on its way, nobody knows the tags. */
function isSelected(selection: CacheSelection, { place, ref, observation }: SeenResource): boolean {
  if (!isAbout(selection, place)) return false;
  if (selection.ref !== undefined && ref !== undefined && ref.key !== selection.ref.key) return false;
  if (selection.tags === undefined || observation === undefined) return true;
  const tags = Object.fromEntries(Object.entries(selection.tags).map(([name, value]) => [name, [value]]));
  return matchesFilter({ where: {}, tags }, observation.value);
}

function isOlder({ ref: changed, occurredAt }: ResourceChange, { place, ref, observation }: SeenResource): boolean {
  if (!isAbout({ ref: changed }, place)) return false;
  if (ref !== undefined && ref.key !== changed.key) return false;
  return observation === undefined || observation.observedAt < occurredAt + CLOCK_SKEW_MS;
}
