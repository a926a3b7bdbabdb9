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
  readonly view: string;
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
}

/** Port: a cache before credentials and provider. */
export interface Cache {
  /** @returns the entry, or `undefined`. Synchronous, because it stands on the path of every read. */
  look(read: CacheRead): CacheEntry | undefined;
  beginFill(read: CacheRead): CacheFill;
}

const noFill: CacheFill = { store() {} };

/** Keeps nothing: every read is live. */
export const noCache: Cache = { look: () => undefined, beginFill: () => noFill };
