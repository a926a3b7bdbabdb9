import {
  type CachePlace,
  type CacheSelection,
  type CacheUse,
  matchesFilter,
  type Ref,
  type ResourceChange,
} from "@cloudlink/core";
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

/** What this process keeps in its memory: the namespaces, under one budget and behind one fence. */
export class MemoryLevel {
  readonly #budget: MemoryBudget;
  readonly #fence = new Fence<SeenResource>();
  readonly #actions = new RecentActions();
  readonly #registry = new NamespaceRegistry();
  readonly #shared: NamespaceSettings;
  #invalidated = 0;

  /** @throws `invalid_argument` (`ErrInvalidSettings`) for bounds that are no positive numbers. */
  constructor(settings: MemoryCacheSettings) {
    const { random = Math.random } = settings;
    this.#budget = new MemoryBudget(checkMemoryBounds(settings));
    this.#shared = {
      budget: this.#budget,
      fence: this.#fence,
      actions: this.#actions,
      random,
      filled: (namespace) => this.#registry.hold(namespace),
      emptied: (namespace) => this.#registry.release(namespace),
      acted: (action) => this.acted(action),
    };
  }

  namespace(place: CachePlace): ResourceNamespace {
    return this.#registry.find(place, () => new ResourceNamespace(place, this.#shared));
  }

  /** @returns how many entries were let go. */
  invalidate(selection: CacheSelection): number {
    return this.#forget(selection, (seen) => isSelected(selection, seen));
  }

  applied(change: ResourceChange): number {
    return this.#forget({ ref: change.ref }, (seen) => isOlder(change, seen));
  }

  /** An action was sent to a resource, by whomever. */
  acted({ ref, nowMs }: { readonly ref: Ref; readonly nowMs: number }): void {
    this.#actions.add({ ref, nowMs });
    this.invalidate({ ref });
  }

  /** How many invalidations there have been; see {@link MemoryLevel.passes}. */
  get position(): number {
    return this.#fence.position;
  }

  /** Whether nothing that was invalidated since concerns what was seen. */
  passes(since: number, seen: SeenResource): boolean {
    return this.#fence.passes(since, seen);
  }

  /** Lets go of what was seen before an instant of the monotonic clock. What is on its way is not touched. */
  dropSeenBefore(instantMs: number): void {
    for (const namespace of this.#registry.concerned({})) namespace.dropSeenBefore(instantMs);
  }

  #forget(selection: CacheSelection, invalidates: (seen: SeenResource) => boolean): number {
    this.#fence.add(invalidates);
    let count = 0;
    for (const namespace of this.#registry.concerned(selection)) {
      count += namespace.invalidate(invalidates, selection.ref);
    }
    this.#invalidated += count;
    return count;
  }

  use(): CacheUse {
    const { entries, bytes, evicted } = this.#budget;
    return { entries, bytes, ...this.#budget.bounds, evicted, invalidated: this.#invalidated };
  }
}

/** By how much, in milliseconds, the clock of whoever says that something changed may be behind ours. */
export const CLOCK_SKEW_MS = 1_000;

/** Whether what was seen is, or may be, of the selection. Of a list, and of what is on its way, nobody knows the tags. */
export function isSelected(selection: CacheSelection, { place, ref, observation }: SeenResource): boolean {
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
