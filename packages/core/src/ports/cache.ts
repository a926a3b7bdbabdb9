import type { Clock } from "../clock.ts";
import type { AnswerSource, FreshnessBounds } from "../freshness.ts";
import type { Kind } from "../kind/kind.ts";
import type { Observation } from "../provider/v1alpha1/provider.ts";
import type { Ref } from "../ref/ref.ts";
import type { Scope } from "../scope.ts";

/** What a {@link CacheNamespace} holds: resources of one kind and major version, as seen in one scope. */
export interface CachePlace {
  readonly scope: Scope;
  readonly kind: Kind;
}

/** A read that a cache may answer. */
export interface CacheRead {
  readonly ref: Ref;
  /** Place, among the kind's views, of the narrowest that will do: a wider one answers too. */
  readonly fromView: number;
  /** Now, on the `monotonicMs` of the call's clock, in whole milliseconds. */
  readonly nowMs: number;
  /** The oldest entry that answers, in milliseconds; what is usual for each entry if `undefined`. */
  readonly maxAgeMs: number | undefined;
  /** By how much older it may be all the same; what is usual for each entry to be revalidated if `undefined`. */
  readonly staleMs: number | undefined;
}

/** What is kept of a resource. What it says is immutable, to the last part of its value: the same object answers one read after the other. */
export interface CacheEntry {
  /** What was seen; `undefined` if the vendor said that the resource is absent. */
  readonly observation: Observation<unknown> | undefined;
  readonly source: AnswerSource;
  /**
   * When the vendor's request was sent, on the monotonic clock, in whole milliseconds and no later: an age must not move with a wall clock
   * that is set.
   */
  readonly seenAt: number;
  /** What is good enough for a read that does not say. */
  readonly usual: FreshnessBounds;
  /**
   * Whether it may answer this read, too, of the same resource: whoever reads often keeps it, and asks it before looking for another. One that
   * is kept no more says no. `reads` is of how many reads it is told, this one among them: whoever keeps it ({@link CacheEntry.heldBy}) may answer
   * some by itself for a moment.
   */
  serves(read: CacheRead, reads: number): boolean;
  /**
   * Whether it has answered so many reads that a newer one is worth a vendor call, though it is as young as was asked for: what is read most
   * is where most would see an old state.
   */
  isWorn(nowMs: number): boolean;
  /**
   * Names who keeps it, in place of whoever did before; both are told to let it go when it answers no more. What somebody keeps stays in memory,
   * beyond the bounds of the cache.
   */
  heldBy(holder: EntryHolder): void;
}

/** Whoever keeps a {@link CacheEntry} to ask it again. */
export interface EntryHolder {
  letGo(): void;
}

/** A whole list of one scope, as the vendor gave it. */
export interface CachedList {
  /** The vendor's pages, each with the cursor after it; `null` after the last. */
  readonly pages: readonly { readonly items: readonly Observation<unknown>[]; readonly cursor: string | null }[];
  /** When the first page's request was sent, on the monotonic clock. */
  readonly seenAt: number;
  /** How many vendor requests it took. */
  readonly vendorCalls: number;
}

/**
 * What a call brought, on its way into the cache. It is begun *before* the vendor is asked, so that an invalidation in between is noticed. One that was
 * begun for refs is disposed of when no more comes: whoever waits elsewhere for what it did not store waits no longer.
 */
export interface CacheFill extends Disposable {
  /** Whether nothing that concerns the resource was invalidated since the fill began. What is not current answers no read that came later. */
  isCurrent(ref: Ref): boolean;
  /** Stores what came, if it is current. `usual` is what will do for reads that do not say. */
  store(observation: Observation<unknown>, usual: FreshnessBounds): void;
  /** Stores that the resource is absent, if that is current. It is the one failure that may be kept, for 2 s at the most, and not soon after an action. */
  storeAbsent(ref: Ref): void;
  /** Stores a whole list under the text that names what was asked for, if nothing of the namespace was invalidated since the fill began. */
  storeList(key: string, list: CachedList): void;
}

/** The part of a cache that holds one kind's resources of one scope. Whoever reads often keeps it: to find it costs more than to look. */
export interface CacheNamespace {
  /** The most items of a list that it keeps; 0 if none, and then nobody need gather one. */
  readonly mostListItems: number;
  /** The youngest entry in memory that answers, or `undefined`. It stands on the path of every read, and waits for nothing. */
  look(read: CacheRead): CacheEntry | undefined;
  /**
   * What a level that is further away has, after memory had no answer; `undefined` where there is none such. If another process is fetching
   * just that, it waits for what that brings, as long as the level sees fit; whoever has less time leaves. With nothing found, it is for the caller
   * to ask the vendor, and others may wait for that: see {@link CacheNamespace.beginFill}. It does not reject.
   *
   * @param isWanted - whether whoever asks still waits; yes, if left out.
   */
  lookFurther(read: CacheRead, isWanted?: () => boolean): Promise<CacheEntry | undefined> | undefined;
  /** All that is kept of a resource in memory, the youngest first, however old; to look at it is not to read it. */
  kept(ref: Ref): readonly CacheEntry[];
  /** The youngest that a level further away has of a resource, however old; `undefined` where there is no such level. It does not reject. */
  keptFurther(read: Pick<CacheRead, "ref" | "fromView">): Promise<CacheEntry | undefined> | undefined;
  /** A list that was kept under `key` and is no older than `maxAgeMs`. */
  lookList(read: { readonly key: string; readonly nowMs: number; readonly maxAgeMs: number }): CachedList | undefined;
  /** @param refs - what it is certain to be about, if that is known: others who need the same may wait until it ends. */
  beginFill(clock: Clock, refs?: readonly Ref[]): CacheFill;
  /**
   * An action was sent to a resource: what is kept of it is no longer so, and for a while absence is not kept here, since vendors are
   * eventually consistent. In this process that holds when it returns; when it settles, the others have been told, or will be once they can be.
   */
  acted(action: { readonly ref: Ref; readonly nowMs: number }): void | Promise<void>;
  /**
   * Refs that a batch with room for `limit` more may take along: past half their age, in a view that `view` covers, and still wanted.
   */
  siblings(request: { readonly view: number; readonly nowMs: number; readonly limit: number }): readonly Ref[];
}

/** What is to be forgotten: everything that has all the properties given. With none, it is everything. */
export interface CacheSelection {
  readonly tenant?: string;
  readonly provider?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly region?: string;
  /** Name of a kind. */
  readonly kind?: string;
  readonly ref?: Ref;
  /** One scope; it says more than the parts above. */
  readonly scope?: Scope;
  /** Tags of the resource, each with its value. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Somebody's word, such as an event of the vendor's, that a resource changed. Word may come late, twice and out of order. */
export interface ResourceChange {
  readonly ref: Ref;
  /** When it changed, in milliseconds since the epoch: what was seen later is not touched. */
  readonly occurredAt: number;
}

/** How full a cache is, and how often it had to let go. */
export interface CacheUse {
  readonly entries: number;
  readonly bytes: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Entries that were let go for want of room. */
  readonly evicted: number;
  /** Entries that were invalidated. */
  readonly invalidated: number;
  /** Of the level that processes share, where there is one. */
  readonly shared?: SharedUse;
}

/** How the level of a cache stands that processes share, and what it did. What it counts is this process's. */
export interface SharedUse {
  /** `down`: what is asked of it fails, and reads do without. */
  readonly state: "up" | "down";
  /** What is wrong, in a word or two and with nothing secret; `undefined` while nothing is. */
  readonly trouble: string | undefined;
  /** Whether word of invalidations arrives from the others. While it does not, what they invalidate answers for some seconds more. */
  readonly hears: boolean;
  /** Invalidations of this process that the others have not been told of yet. */
  readonly untold: number;
  /** Reads that it answered, and that it had nothing for. */
  readonly hits: number;
  readonly misses: number;
  /** Reads that waited for what another process fetched. */
  readonly followed: number;
  /** Entries that it took, and that it refused: something was invalidated since the fill began. */
  readonly stored: number;
  readonly refused: number;
  /** Requests to it that failed or took too long. */
  readonly failed: number;
}

/** Port: a cache before credentials and provider. */
export interface Cache {
  namespace(place: CachePlace): CacheNamespace;
  /**
   * What is kept of the selection is no longer so. Fills that have begun store nothing of it, however late they end. In this process that holds
   * when it returns; when it settles, others that share what is kept have been told, or will be once they can be.
   *
   * @returns how many entries of this process were let go.
   */
  invalidate(selection: CacheSelection): number | Promise<number>;
  /** A resource changed, for every scope that sees it: what was seen before is let go, and fills that saw it before store nothing of it. */
  applied(change: ResourceChange): void | Promise<void>;
  use(): CacheUse;
}

const noFill: CacheFill = {
  isCurrent: () => false,
  store() {},
  storeAbsent() {},
  storeList() {},
  [Symbol.dispose]() {},
};

const nothingKept: CacheNamespace = {
  mostListItems: 0,
  look: () => undefined,
  lookFurther: () => undefined,
  kept: () => [],
  keptFurther: () => undefined,
  lookList: () => undefined,
  beginFill: () => noFill,
  acted() {},
  siblings: () => [],
};

const noUse: CacheUse = { entries: 0, bytes: 0, maxEntries: 0, maxBytes: 0, evicted: 0, invalidated: 0 };

/** Keeps nothing: every read is live. */
export const noCache: Cache = {
  namespace: () => nothingKept,
  invalidate: () => 0,
  applied() {},
  use: () => noUse,
};
