import type { Kind, Where } from "../kind/kind.ts";
import type { Ref } from "../ref/ref.ts";

/** A ref, its text, or an id of the vendor's own such as an ARN. */
export type RefLike = Ref | string;

/** How old an answer may be. */
export interface FreshnessRequest {
  /**
   * The oldest observation that will do, in milliseconds; 0 asks the vendor now. An observation or a running flight answers if and only if it
   * started at or after `now − maxAgeMs`. Left out, it is what kind or provider advertise for a resource in that state, with the bounds below
   * that they advertise too; live, where they advertise nothing or nothing is kept.
   */
  readonly maxAgeMs?: number;
  /** By how much older the answer may be, in milliseconds, while a newer one is fetched in the background: it comes at once then. */
  readonly staleWhileRevalidateMs?: number;
  /** By how much older the answer may be, in milliseconds, if the vendor cannot be reached, throttles or has a fault, or time runs out. */
  readonly staleIfErrorMs?: number;
}

/** What {@link Calls.get} takes. */
export interface GetRequest<K extends Kind> extends FreshnessRequest {
  readonly kind: K;
  readonly ref: RefLike;
  /** One of the kind's views; its default view if left out. */
  readonly view?: string;
  /** Also decode the vendor's own body, redacted. It is always read live. */
  readonly native?: boolean;
}

/** What {@link Calls.getMany} takes. */
export interface GetManyRequest<K extends Kind> extends FreshnessRequest {
  readonly kind: K;
  /** Of any accounts and regions; the same one may occur twice. */
  readonly refs: readonly RefLike[];
  readonly view?: string;
}

/** What {@link Calls.list} takes. */
export interface ListRequest<K extends Kind> {
  readonly kind: K;
  /** Account ids, or `"*"`, the default, for every account of the tenant that has a provider of the kind. */
  readonly accounts?: "*" | readonly string[];
  /** Regions, or `"*"`, the default, for those each account is configured with. */
  readonly regions?: "*" | readonly string[];
  /** Only the accounts of these providers. */
  readonly providers?: readonly string[];
  /** A field that only a wider view has makes that view the one that is read. */
  readonly where?: Where<K>;
  /** Tag name to its value, or to several of which any will do. */
  readonly tags?: Readonly<Record<string, string | readonly string[]>>;
  readonly view?: string;
  /** How many items a vendor call should bring at most. Left out, as many as the vendor allows: the fewest calls. */
  readonly pageSize?: number;
  /**
   * Where to go on: `nextPageToken` of a page of the same request. Every part that is not at its end is asked, those that failed before
   * among them, and declared again if it fails again.
   */
  readonly pageToken?: string;
  /**
   * The oldest list that will do, in milliseconds; 0 asks the vendor now. Left out, it is what kind or provider advertise. Each account and
   * region answers by itself. What is gone on with by a page token is live.
   */
  readonly maxAgeMs?: number;
}

/** Names of the actions that a kind has. */
export type ActionOf<K extends Kind> = keyof K["actions"] & string;

/** What {@link Calls.dryRun} takes. */
export interface DryRunRequest<K extends Kind> {
  readonly kind: K;
  readonly ref: RefLike;
  /** Name of one of the kind's actions. */
  readonly action: ActionOf<K>;
}

/** What {@link Calls.act} takes. */
export interface ActRequest<K extends Kind> extends DryRunRequest<K> {
  /**
   * 1 to 255 printable ASCII characters that name this wish of the caller's, such as a UUID: however often it is sent with the same request,
   * within a day, the action is carried out once. Left out, every call is a wish of its own.
   */
  readonly idempotencyKey?: string;
}

/** What {@link Calls.operation} takes. */
export interface OperationRequest {
  /** The `token` of an `Operation`, from this process or another. */
  readonly token: string;
}

/** What {@link Calls.cached} takes. */
export interface CachedRequest<K extends Kind> {
  readonly kind: K;
  readonly ref: RefLike;
}

/** What {@link Calls.invalidate} takes: what has all the properties given, of the context's tenant. With none, it is all of that tenant's. */
export interface InvalidateRequest {
  readonly ref?: RefLike;
  /** Name of a kind. */
  readonly kind?: string;
  readonly provider?: string;
  readonly account?: string;
  readonly region?: string;
  /** Tags of the resource, each with its value. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What {@link Calls.cacheStats} takes: nothing, so far. */
export type CacheStatsRequest = Readonly<Record<never, never>>;
