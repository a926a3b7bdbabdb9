import type { CloudLinkError } from "./error/cloudlink-error.ts";
import type { Freshness } from "./freshness.ts";
import type { Ref } from "./ref/ref.ts";

/** What a call cost. A vendor call that several callers share is counted for one of them, whoever came first. */
export interface CallStats {
  /** Requests that were sent to the vendor. */
  readonly vendorCalls: number;
  /** Requests to the vendor that were not needed, since what was kept of earlier ones answered. */
  readonly savedCalls: number;
  /** How often the kernel tried again. */
  readonly retries: number;
  readonly durationMs: number;
}

/** The state of one resource. Immutable. */
export interface ResourceState<Value> {
  readonly ref: Ref;
  readonly value: Value;
  /** Which of the kind's views the value holds. */
  readonly view: string;
  readonly freshness: Freshness;
}

/** What `get` gives. */
export interface Answer<Value> extends ResourceState<Value> {
  /** W3C trace id of the call, 32 hexadecimal digits. */
  readonly traceId: string;
  readonly stats: CallStats;
  /** The vendor's own body, decoded and redacted, where the request asked for it. */
  readonly native?: unknown;
}

/** What became of one ref of a `getMany`: its state, or its own error. One that fails spoils no other. */
export type Outcome<State> =
  | { readonly ok: true; readonly ref: Ref; readonly state: State }
  | { readonly ok: false; readonly ref: Ref; readonly error: CloudLinkError };

/** What `getMany` gives: an outcome per ref, in the order of the request. */
export interface ManyAnswer<Value> {
  readonly outcomes: readonly Outcome<ResourceState<Value>>[];
  readonly traceId: string;
  readonly stats: CallStats;
}

/** A part of a list that failed while the rest goes on. */
export interface ListProblem {
  readonly provider: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly error: CloudLinkError;
}

/** What a list hands out at a time: some resources, and the parts that failed since the page before. */
export interface ListPage<Value> {
  readonly items: readonly ResourceState<Value>[];
  readonly problems: readonly ListProblem[];
  readonly traceId: string;
  /** Of the list so far. */
  readonly stats: CallStats;
  /** Goes on after this page, in this process or another with the same token key; `undefined` after the last one. */
  readonly nextPageToken: string | undefined;
}
