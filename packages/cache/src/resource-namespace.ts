import type {
  CachedList,
  CacheEntry,
  CacheFill,
  CacheNamespace,
  CachePlace,
  CacheRead,
  Clock,
  FreshnessBounds,
  Observation,
  Ref,
} from "@cloudlink/core";
import type { Fence } from "./fence.ts";
import { ListSlot } from "./list-slot.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { RecentActions } from "./recent-actions.ts";
import { ResourceEntry } from "./resource-entry.ts";
import { type KnownPosition, ResourceSlot, SLOT_BYTES } from "./resource-slot.ts";
import { SiblingList } from "./sibling-list.ts";
import { sizeOf } from "./size-of.ts";

/** Something that was seen, as far as an invalidation cares. */
export interface SeenResource {
  readonly place: CachePlace;
  /** `undefined` for a whole list. */
  readonly ref: Ref | undefined;
  /** `undefined` where it is not known yet, or absent. */
  readonly observation: Observation<unknown> | undefined;
}

/** A fill of this level. */
export interface MemoryFill extends CacheFill {
  /** @returns when it was seen, on the monotonic clock, if it is current, whether or not there was room for it. */
  store(observation: Observation<unknown>, usual: FreshnessBounds): number | undefined;
}

/** What the namespaces of a cache share. */
export interface NamespaceSettings {
  readonly budget: MemoryBudget;
  readonly fence: Fence<SeenResource>;
  readonly actions: RecentActions;
  /** From 0 up to 1: the jitter. */
  random(): number;
  /** Told when there is something kept here, and when there is nothing any more. */
  filled(namespace: ResourceNamespace): void;
  emptied(namespace: ResourceNamespace): void;
  /** An action was sent to a resource: it changed for every scope that sees it. */
  acted(action: { readonly ref: Ref; readonly nowMs: number }): void;
}

/** A list with more items is read for its own sake, as a rule, and would push out what is asked for again and again. */
const MOST_LIST_ITEMS = 10_000;

/** By how much at most an age that nobody asked for is shortened, so that what was filled together does not end together. */
const JITTER = 0.1;

/** What a list takes for each item beside its value. */
const ITEM_BYTES = 200;

/** What is kept of one kind in one scope. */
export class ResourceNamespace implements CacheNamespace {
  readonly place: CachePlace;
  readonly mostListItems = MOST_LIST_ITEMS;
  readonly #settings: NamespaceSettings;
  readonly #slots = new Map<string, ResourceSlot>();
  readonly #lists = new Map<string, ListSlot>();
  readonly #siblings = new SiblingList();

  constructor(place: CachePlace, settings: NamespaceSettings) {
    this.place = place;
    this.#settings = settings;
  }

  look(read: CacheRead): CacheEntry | undefined {
    const slot = this.#slots.get(read.ref.key);
    if (slot === undefined) return undefined;
    if (!slot.isCandidate) this.#siblings.add(slot);
    return slot.answer(read);
  }

  lookFurther(): undefined {}

  kept(ref: Ref): readonly CacheEntry[] {
    return this.#slots.get(ref.key)?.entries ?? [];
  }

  keptFurther(): undefined {}

  lookList({
    key,
    nowMs,
    maxAgeMs,
  }: {
    readonly key: string;
    readonly nowMs: number;
    readonly maxAgeMs: number;
  }): CachedList | undefined {
    const slot = this.#lists.get(key);
    if (slot === undefined || nowMs - slot.list.seenAt > maxAgeMs) return undefined;
    slot.wasRead = true;
    return slot.list;
  }

  siblings(request: { readonly view: number; readonly nowMs: number; readonly limit: number }): readonly Ref[] {
    return this.#siblings.take(request);
  }

  beginFill(clock: Clock): MemoryFill {
    const { fence, actions } = this.#settings;
    const since = fence.position;
    const beganAt = Math.floor(clock.monotonicMs());
    const beganAtWall = clock.nowMs();
    // By the clock that no one sets; and no earlier than the fill began, whatever clock the provider goes by. If the wall clock was set
    // meanwhile, its two readings disagree on when that was, and the earlier instant is the one that makes no entry too young.
    const seenAt = (observedAt: number) => {
      const afterStart = beganAt + observedAt - beganAtWall;
      const beforeNow = clock.monotonicMs() - Math.max(0, clock.nowMs() - observedAt);
      return Math.floor(Math.max(beganAt, Math.min(afterStart, beforeNow)));
    };
    const passes = (ref: Ref | undefined, observation?: Observation<unknown>) =>
      fence.passes(since, { place: this.place, ref, observation });
    return {
      isCurrent: (ref) => passes(ref),
      store: (observation, usual) => {
        if (!passes(observation.ref, observation)) return undefined;
        const at = seenAt(observation.observedAt);
        this.#store(observation, { usual, seenAt: at });
        return at;
      },
      storeAbsent: (ref) => {
        if (!actions.concern(this.place, beganAt) && passes(ref)) this.#take(ref, ResourceEntry.absent(beganAt));
      },
      storeList: (key, list) => {
        if (passes(undefined)) this.#storeList(key, list);
      },
      [Symbol.dispose]() {},
    };
  }

  #store(
    observation: Observation<unknown>,
    { usual, seenAt }: { readonly usual: FreshnessBounds; readonly seenAt: number },
  ): void {
    this.take(observation, { usual: this.#jittered(usual), seenAt });
  }

  /** What is known of a resource's position; see {@link ResourceSlot.known}. */
  knownPosition(ref: Ref): KnownPosition | undefined {
    return this.#slots.get(ref.key)?.known;
  }

  learnPosition(ref: Ref, known: KnownPosition): void {
    const slot = this.#slots.get(ref.key);
    if (slot !== undefined) slot.known = known;
  }

  /** Takes in what was seen, by whomever, at an instant of the monotonic clock. */
  take(
    observation: Observation<unknown>,
    { usual, seenAt }: { readonly usual: FreshnessBounds; readonly seenAt: number },
  ): void {
    const { budget } = this.#settings;
    const view = this.place.kind.views.indexOf(observation.view);
    // With bounds that leave no room for anything, nothing need be measured.
    if (view === -1 || !budget.takes(SLOT_BYTES)) return;
    const bytes = sizeOf(observation.value);
    if (!budget.takes(bytes)) return;
    this.#take(observation.ref, new ResourceEntry({ observation, source: "memory", seenAt, usual, view, bytes }));
  }

  #jittered(usual: FreshnessBounds): FreshnessBounds {
    const { maxAgeMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0 } = usual;
    const jittered = maxAgeMs * (1 - JITTER * this.#settings.random());
    return { maxAgeMs: jittered, staleWhileRevalidateMs, staleIfErrorMs };
  }

  #take(ref: Ref, entry: ResourceEntry): void {
    const known = this.#slots.get(ref.key);
    const slot = known ?? new ResourceSlot(ref, (gone) => this.#forget(gone));
    if (!slot.take(entry)) return;
    const { budget } = this.#settings;
    if (known !== undefined) {
      this.#siblings.filled(slot);
      budget.resize(slot, slot.size());
      return;
    }
    slot.bytes = slot.size();
    if (!budget.takes(slot.bytes)) return;
    this.#slots.set(ref.key, slot);
    this.#settings.filled(this);
    budget.add(slot, this.place.scope.tenant);
  }

  #storeList(key: string, list: CachedList): void {
    let bytes = ITEM_BYTES;
    for (const { items } of list.pages) for (const { value } of items) bytes += ITEM_BYTES + sizeOf(value);
    const { budget } = this.#settings;
    if (!budget.takes(bytes)) return;
    const known = this.#lists.get(key);
    if (known !== undefined) {
      if (known.list.seenAt > list.seenAt) return;
      this.#drop(known);
    }
    const slot = new ListSlot(key, { list, forget: (gone) => this.#forgetList(gone) });
    slot.bytes = bytes;
    this.#lists.set(key, slot);
    this.#settings.filled(this);
    budget.add(slot, this.place.scope.tenant);
  }

  /** Lets go of what `invalidates`, and of every list unless all of it passes. @returns how many entries that were. */
  invalidate(invalidates: (seen: SeenResource) => boolean, only?: Ref): number {
    const { place } = this;
    let count = 0;
    if (only === undefined) {
      for (const slot of this.#slots.values()) count += this.#invalidateSlot(slot, invalidates);
    } else {
      const slot = this.#slots.get(only.key);
      if (slot !== undefined) count += this.#invalidateSlot(slot, invalidates);
    }
    if (this.#lists.size > 0 && invalidates({ place, ref: undefined, observation: undefined })) {
      for (const slot of this.#lists.values()) {
        this.#drop(slot);
        count += 1;
      }
    }
    return count;
  }

  #invalidateSlot(slot: ResourceSlot, invalidates: (seen: SeenResource) => boolean): number {
    const { place } = this;
    const { ref } = slot;
    return this.#keepOf(slot, ({ observation }) => !invalidates({ place, ref, observation }));
  }

  /** @returns how many entries of a resource were let go. */
  #keepOf(slot: ResourceSlot, isKept: (entry: ResourceEntry) => boolean): number {
    const left = slot.entries.filter(isKept);
    const count = slot.entries.length - left.length;
    if (count === 0) return 0;
    slot.keep(left);
    if (left.length === 0) this.#drop(slot);
    else this.#settings.budget.resize(slot, slot.size());
    return count;
  }

  /** Lets go of what was seen before an instant of the monotonic clock. */
  dropSeenBefore(instantMs: number): void {
    for (const slot of this.#slots.values()) this.#keepOf(slot, ({ seenAt }) => seenAt >= instantMs);
    for (const slot of this.#lists.values()) if (slot.list.seenAt < instantMs) this.#drop(slot);
  }

  acted(action: { readonly ref: Ref; readonly nowMs: number }): void {
    this.#settings.acted(action);
  }

  #drop(kept: ResourceSlot | ListSlot): void {
    this.#settings.budget.remove(kept);
    kept.letGo();
  }

  #forget(slot: ResourceSlot): void {
    this.#slots.delete(slot.ref.key);
    this.#siblings.remove(slot);
    this.#tellIfEmpty();
  }

  #forgetList(slot: ListSlot): void {
    this.#lists.delete(slot.key);
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (this.#slots.size === 0 && this.#lists.size === 0) this.#settings.emptied(this);
  }
}
