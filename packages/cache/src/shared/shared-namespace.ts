import type { CachedList, CacheEntry, CacheFill, CacheNamespace, CacheRead, Clock, Ref } from "@cloudlink/core";
import { ResourceEntry } from "../resource-entry.ts";
import type { ResourceNamespace } from "../resource-namespace.ts";
import type { KnownPosition } from "../resource-slot.ts";
import { LEASE_MS } from "./leases.ts";
import { placeOf } from "./place-of.ts";
import type { FoundEntry, NothingFound, SharedLevel } from "./shared-level.ts";
import type { StoreLease } from "./shared-store.ts";
import { textOfEntry } from "./stored-entry.ts";

/** A longer value is kept in memory alone: to send it about costs more than to ask the vendor. In characters. */
const LONGEST_VALUE = 256 * 1024;

/** A look that is under way, with those who wait for it. */
interface Finding {
  readonly wanted: (() => boolean)[];
  readonly found: Promise<FoundEntry | NothingFound>;
}

/** So many resources that were missed are remembered; of what is forgotten nothing is stored if the store has a fence of it. */
const MOST_MISSED = 1_000;

/** What is kept of one kind in one scope: in this process's memory, and in the store that processes share. */
export class SharedNamespace implements CacheNamespace {
  readonly mostListItems: number;
  readonly #memory: ResourceNamespace;
  readonly #level: SharedLevel;
  readonly #acted: (ref: Ref) => Promise<void>;
  /** Whose they are, as whom they are seen, and the kind's major version: a deployment of another one finds nothing of this. */
  readonly #holder: string;
  /** What is being looked for further away, by what answers all who look for it. */
  readonly #finding = new Map<string, Finding>();
  /** Where the invalidations of resources stood for which nothing was found, until their fetch begins. */
  readonly #missed = new Map<string, KnownPosition>();

  constructor(memory: ResourceNamespace, settings: { readonly level: SharedLevel; acted(ref: Ref): Promise<void> }) {
    this.#memory = memory;
    this.#level = settings.level;
    this.#acted = settings.acted;
    this.mostListItems = memory.mostListItems;
    const { scope, kind } = memory.place;
    this.#holder = `${scope.key} ${kind.major}`;
  }

  look(read: CacheRead): CacheEntry | undefined {
    return this.#memory.look(read);
  }

  lookFurther(read: CacheRead, isWanted = () => true): Promise<CacheEntry | undefined> | undefined {
    if (!this.#level.isUp) return undefined;
    return this.#lookFurther(read, isWanted);
  }

  async #lookFurther(read: CacheRead, isWanted: () => boolean): Promise<CacheEntry | undefined> {
    const { ref, fromView, maxAgeMs, staleMs } = read;
    const key = `${ref.key} ${fromView} ${maxAgeMs} ${staleMs}`;
    let finding = this.#finding.get(key);
    if (finding === undefined) {
      const wanted = [isWanted];
      const begun = this.#find(read, () => wanted.some((isIt) => isIt()));
      finding = { wanted, found: begun };
      this.#finding.set(key, finding);
      const over = () => void this.#finding.delete(key);
      begun.then(over, over);
    } else finding.wanted.push(isWanted);
    const found = await finding.found;
    if (!("observation" in found) || !this.#level.isStill(found, this.#memory.place)) return undefined;
    const entry = this.#entryOf(found);
    return entry.isRead(read) ? entry : undefined;
  }

  async #find(
    { ref, fromView, maxAgeMs, staleMs }: CacheRead,
    isWanted: () => boolean,
  ): Promise<FoundEntry | NothingFound> {
    const { place } = this.#memory;
    const read = {
      ...this.#leaseOn(ref),
      views: place.kind.views.slice(fromView),
      limitMs: maxAgeMs === undefined ? undefined : maxAgeMs + (staleMs ?? 0),
      claimMs: LEASE_MS,
    };
    const found = await this.#level.find({ place, where: placeOf(ref), ref, isWanted }, read);
    if ("observation" in found && this.#level.isStill(found, place)) this.#memory.take(found.observation, found);
    if (found.known !== undefined) this.#learn(ref, found.known);
    return found;
  }

  /** Another than the one that memory takes: this answer is not from there. */
  #entryOf({ observation, usual, seenAt }: FoundEntry): ResourceEntry {
    const view = this.#memory.place.kind.views.indexOf(observation.view);
    return new ResourceEntry({ observation, usual, seenAt, view, source: "redis", bytes: 0 });
  }

  #leaseOn(ref: Ref): StoreLease {
    return { ref: ref.key, holder: this.#holder };
  }

  kept(ref: Ref): readonly CacheEntry[] {
    return this.#memory.kept(ref);
  }

  keptFurther({ ref, fromView }: Pick<CacheRead, "ref" | "fromView">): Promise<CacheEntry | undefined> | undefined {
    return this.#level.isUp ? this.#keptFurther(ref, fromView) : undefined;
  }

  async #keptFurther(ref: Ref, fromView: number): Promise<CacheEntry | undefined> {
    const { place } = this.#memory;
    const views = place.kind.views.slice(fromView);
    const read = { ...this.#leaseOn(ref), views, limitMs: Number.POSITIVE_INFINITY, claimMs: 0 };
    const isWanted = () => true;
    const found = await this.#level.find({ place, where: placeOf(ref), ref, isWanted }, read);
    return "observation" in found && this.#level.isStill(found, place) ? this.#entryOf(found) : undefined;
  }

  lookList(read: { readonly key: string; readonly nowMs: number; readonly maxAgeMs: number }): CachedList | undefined {
    return this.#memory.lookList(read);
  }

  siblings(request: { readonly view: number; readonly nowMs: number; readonly limit: number }): readonly Ref[] {
    return this.#memory.siblings(request);
  }

  beginFill(clock: Clock, refs: readonly Ref[] = []): CacheFill {
    const level = this.#level;
    const fill = this.#memory.beginFill(clock);
    const start = level.fillStart();
    const { place } = this.#memory;
    const positions = new Map(refs.map((ref) => [ref.key, this.#known(ref)?.position]));
    const leases = refs.flatMap((ref) => level.leases.begin(this.#leaseOn(ref)) ?? []);
    // Of what nobody knew that it would come, only what was known before it began counts.
    const positionOf = (ref: Ref) => {
      if (positions.has(ref.key)) return positions.get(ref.key);
      const known = this.#known(ref);
      return known !== undefined && known.learnedAt <= start.beganAt ? known.position : undefined;
    };
    return {
      isCurrent: (ref) => level.trusts(start.beganAt) && fill.isCurrent(ref),
      store: (observation, usual) => {
        if (!level.trusts(start.beganAt)) return;
        const position = positionOf(observation.ref);
        const seenAt = fill.store(observation, usual);
        if (seenAt === undefined || !level.isUp) return;
        const value = textOfEntry(place, { observation, usual, logPosition: start.logPosition });
        if (value === undefined || value.length > LONGEST_VALUE) return;
        const usualMs = usual.maxAgeMs + (usual.staleWhileRevalidateMs ?? 0);
        const { view, ref } = observation;
        const learn = (known: KnownPosition) => this.#memory.learnPosition(ref, known);
        level.store(placeOf(ref), { ...this.#leaseOn(ref), view, value, usualMs, position, seenAt, start, learn });
      },
      storeAbsent: (ref) => fill.storeAbsent(ref),
      storeList: (key, list) => {
        if (level.trusts(start.beganAt)) fill.storeList(key, list);
      },
      [Symbol.dispose]: () => {
        for (const lease of leases) level.leases.end(lease);
        for (const ref of refs) this.#missed.delete(ref.key);
      },
    };
  }

  #known(ref: Ref): KnownPosition | undefined {
    return this.#memory.knownPosition(ref) ?? this.#missed.get(ref.key);
  }

  #learn(ref: Ref, known: KnownPosition): void {
    this.#memory.learnPosition(ref, known);
    // There is a place for it in memory once it was fetched, which is soon, as a rule.
    if (this.#memory.knownPosition(ref) !== undefined) return;
    if (this.#missed.size >= MOST_MISSED) this.#missed.clear();
    this.#missed.set(ref.key, known);
  }

  acted({ ref, nowMs }: { readonly ref: Ref; readonly nowMs: number }): Promise<void> {
    this.#memory.acted({ ref, nowMs });
    return this.#acted(ref);
  }
}
