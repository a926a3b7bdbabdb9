import type { Kind, Ref, Where } from "@cloudlink/core";

/** A ref, its text, or an id of the vendor's own such as an ARN. */
export type RefLike = Ref | string;

/** What {@link Nexus.get} takes. */
export interface GetRequest<K extends Kind> {
  readonly kind: K;
  readonly ref: RefLike;
  /**
   * The oldest observation that will do, in milliseconds; 0, the default, asks the vendor now.
   * An observation or a running flight answers if and only if it started at or after `now − maxAgeMs`.
   */
  readonly maxAgeMs?: number;
  /** One of the kind's views; its default view if left out. */
  readonly view?: string;
  /** Also decode the vendor's own body, redacted. It is always read live. */
  readonly native?: boolean;
}

/** What {@link Nexus.getMany} takes. */
export interface GetManyRequest<K extends Kind> {
  readonly kind: K;
  /** Of any accounts and regions; the same one may occur twice. */
  readonly refs: readonly RefLike[];
  readonly maxAgeMs?: number;
  readonly view?: string;
}

/** What {@link Nexus.list} takes. */
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
}
