import type {
  CachedList,
  CacheEntry,
  CacheFill,
  CacheNamespace,
  CachePlace,
  CacheRead,
  Clock,
  Ref,
} from "@cloudlink/core";
import { ResourceEntry } from "../resource-entry.ts";
import type { ResourceNamespace } from "../resource-namespace.ts";
import { LEASE_MS } from "./leases.ts";
import type { FoundEntry, SharedLevel } from "./shared-level.ts";
import type { StoreLease } from "./shared-store.ts";
import { textOfEntry } from "./stored-entry.ts";

/** A longer value is kept in memory alone: to send it about costs more than to ask the vendor. In characters. */
const LONGEST_VALUE = 256 * 1024;

/** What is kept of one kind in one scope: in this process's memory, and in the store that processes share. */
export class SharedNamespace implements CacheNamespace {
  readonly mostListItems: number;
  readonly #memory: ResourceNamespace;
  readonly #level: SharedLevel;
  readonly #acted: (ref: Ref) => Promise<void>;
  /** Where its resources are, and of which kind: what the store keeps together. */
  readonly #where: string;
  /** Whose they are, as whom they are seen, and the kind's major version: a deployment of another one finds nothing of this. */
  readonly #holder: string;
  /** What is being looked for further away, by what answers all who look for it. */
  readonly #finding = new Map<string, Promise<FoundEntry | undefined>>();

  constructor(memory: ResourceNamespace, settings: { readonly level: SharedLevel; acted(ref: Ref): Promise<void> }) {
    this.#memory = memory;
    this.#level = settings.level;
    this.#acted = settings.acted;
    this.mostListItems = memory.mostListItems;
    const { scope, kind } = memory.place;
    this.#where = whereOf(memory.place);
    this.#holder = `${scope.key} ${kind.major}`;
  }

  look(read: CacheRead): CacheEntry | undefined {
    return this.#memory.look(read);
  }

  lookFurther(read: CacheRead): Promise<CacheEntry | undefined> | undefined {
    if (!this.#level.isUp) return undefined;
    return this.#lookFurther(read);
  }

  async #lookFurther(read: CacheRead): Promise<CacheEntry | undefined> {
    const { ref, fromView, maxAgeMs, staleMs } = read;
    const key = `${ref.key} ${fromView} ${maxAgeMs} ${staleMs}`;
    let finding = this.#finding.get(key);
    if (finding === undefined) {
      finding = this.#find(read);
      this.#finding.set(key, finding);
      finding.finally(() => this.#finding.delete(key));
    }
    const found = await finding;
    if (found === undefined) return undefined;
    const entry = new ResourceEntry({ ...this.#entryOf(found), source: "redis" });
    return entry.isRead(read) ? entry : undefined;
  }

  async #find({ ref, fromView, maxAgeMs, staleMs }: CacheRead): Promise<FoundEntry | undefined> {
    const { place } = this.#memory;
    const read = {
      ...this.#leaseOn(ref),
      views: place.kind.views.slice(fromView),
      limitMs: maxAgeMs === undefined ? undefined : maxAgeMs + (staleMs ?? 0),
      claimMs: LEASE_MS,
    };
    const found = await this.#level.find({ place, where: this.#where, ref }, read);
    if (found !== undefined) this.#memory.take(found.observation, found);
    return found;
  }

  #entryOf({ observation, usual, seenAt }: FoundEntry) {
    return { observation, usual, seenAt, view: this.#memory.place.kind.views.indexOf(observation.view), bytes: 0 };
  }

  #leaseOn(ref: Ref): StoreLease {
    return { ref: ref.key, holder: this.#holder };
  }

  kept(ref: Ref): readonly CacheEntry[] {
    return this.#memory.kept(ref);
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
    const start = level.fillStart(this.#where);
    const { place } = this.#memory;
    for (const ref of refs) level.leases.begin(this.#leaseOn(ref));
    return {
      isCurrent: (ref) => fill.isCurrent(ref),
      store: (observation, usual) => {
        const seenAt = fill.store(observation, usual);
        if (seenAt === undefined || start === undefined || !level.isUp) return;
        const { logPosition } = start;
        const value = textOfEntry(place, { observation, usual, logPosition });
        if (value.length > LONGEST_VALUE) return;
        const usualMs = usual.maxAgeMs + (usual.staleWhileRevalidateMs ?? 0);
        const { view, ref } = observation;
        level.store(this.#where, { ...this.#leaseOn(ref), view, value, usualMs, seenAt, start });
      },
      storeAbsent: (ref) => fill.storeAbsent(ref),
      storeList: (key, list) => fill.storeList(key, list),
      [Symbol.dispose]: () => {
        for (const ref of refs) level.leases.end(this.#leaseOn(ref));
      },
    };
  }

  acted({ ref, nowMs }: { readonly ref: Ref; readonly nowMs: number }): Promise<void> {
    this.#memory.acted({ ref, nowMs });
    return this.#acted(ref);
  }
}

/** The text that refs of the place begin with, but for the `/`. */
function whereOf({ scope, kind }: CachePlace): string {
  const { provider, partition, account, region } = scope;
  return [provider, partition, account, region, kind.name].map(encodeURIComponent).join("/");
}
