import type { AnswerSource } from "../freshness.ts";
import type { Observation } from "../provider/v1alpha1/provider.ts";
import type { Ref } from "../ref/ref.ts";
import type { ScopeKey } from "../scope.ts";

/** A read that a cache may answer. */
export interface CacheRead {
  readonly scope: ScopeKey;
  readonly ref: Ref;
  /** Major version of the kind: keys carry no more of it. */
  readonly major: number;
  /** The view that is read, and that a fill will hold. */
  readonly view: string;
  /** The views whose entries answer: the one that is read and every wider one. */
  readonly views: readonly string[];
  /** An entry answers if and only if it was observed at or after this instant, in milliseconds since the epoch. */
  readonly observedFrom: number;
}

/** An entry that answers. */
export interface CacheEntry {
  readonly observation: Observation<unknown>;
  readonly source: AnswerSource;
}

/** A fill that has begun. It is begun *before* the vendor is asked, so that an invalidation in between is noticed. */
export interface CacheFill {
  /** Stores what came, unless the entry was invalidated since the fill began. */
  store(observation: Observation<unknown>): void;
  /** Stores that the resource is absent, on the same condition. It is the one failure that may be kept, and for 2 s at the most. */
  storeAbsent(): void;
}

/** What is to be forgotten of a resource: whatever is kept of it in this scope, in every view. */
export interface CacheInvalidation {
  readonly scope: ScopeKey;
  readonly ref: Ref;
  readonly major: number;
}

/** Port: a cache before credentials and provider. */
export interface Cache {
  /**
   * The entry that answers, or `undefined`. What is in memory is answered without a promise, because this stands on the path of every
   * read; a promise is for a level that is further away.
   */
  look(read: CacheRead): CacheEntry | undefined | Promise<CacheEntry | undefined>;
  beginFill(read: CacheRead): CacheFill;
  /**
   * What is kept of the resource is no longer so: an action was sent. Fills that have begun store nothing; its absence is not kept for a while,
   * since vendors are eventually consistent.
   */
  invalidate(invalidation: CacheInvalidation): void;
}

const noFill: CacheFill = { store() {}, storeAbsent() {} };

/** Keeps nothing: every read is live. */
export const noCache: Cache = { look: () => undefined, beginFill: () => noFill, invalidate() {} };
