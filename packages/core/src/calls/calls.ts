import type { Answer, ListPage, ManyAnswer, ResourceState } from "../answer.ts";
import type { Context } from "../context/context.ts";
import type { Kind, ValueOf } from "../kind/kind.ts";
import type { DryRun, Operation } from "../operation.ts";
import type { CacheUse } from "../ports/cache.ts";
import type { CacheOutcome } from "../ports/telemetry.ts";
import type {
  ActRequest,
  CachedRequest,
  CacheStatsRequest,
  DryRunRequest,
  GetManyRequest,
  GetRequest,
  InvalidateRequest,
  ListRequest,
  OperationRequest,
} from "./requests.ts";

/** How often the cache answered, and how full it is; since the kernel was made, for all of its callers. */
export interface CacheStats extends CacheUse {
  /** How many reads, and for `refreshed` entries, came out so. */
  readonly outcomes: Readonly<Record<CacheOutcome, number>>;
}

/**
 * What can be asked of resources: by a kernel in this process, and by a server that has one.
 *
 * Every call ends by the context's deadline, or by a default where the context has none, and as soon as the context is canceled; every
 * answer and every error has the trace id. Errors are `CloudLinkError`s.
 */
export interface Calls {
  /**
   * The state of one resource.
   *
   * @throws `not_found` (`ErrResourceNotFound`) when it is absent; `invalid_argument` for a ref, kind, view, account or region that is not known;
   *   `unauthenticated`, `permission_denied`, `resource_exhausted`, `unavailable` as the vendor says; `deadline_exceeded`; `canceled`.
   */
  get<K extends Kind>(ctx: Context, request: GetRequest<K>): Promise<Answer<ValueOf<K>>>;
  /**
   * The states of many, in as few vendor calls as the providers can.
   *
   * @returns an outcome per ref, in the request's order; what had come when the call was over stays an answer. It rejects only for a
   *   request that is wrong as a whole, and where the call was over before it began.
   */
  getMany<K extends Kind>(ctx: Context, request: GetManyRequest<K>): Promise<ManyAnswer<ValueOf<K>>>;
  /**
   * Everything of a kind in accounts and regions, as it arrives: the first items come before the slowest account has answered,
   * and an account or region that fails is declared among the page's `problems` while the rest goes on.
   * Nothing more is fetched than the consumer has room for; leaving the loop ends the vendor's calls. The last page, which may be
   * empty, has no `nextPageToken`.
   *
   * @throws `invalid_argument` for an account, region, provider, filter, page size or page token that is not known or not possible;
   *   `canceled`; the first part's error when every part failed, of a list that is gone on with every part that was left;
   *   `deadline_exceeded` when the deadline came before anything was read. Later it ends the list: what was read until then is in the last
   *   page, and every part that was not read to its end is among its `problems`.
   */
  list<K extends Kind>(ctx: Context, request: ListRequest<K>): AsyncIterable<ListPage<ValueOf<K>>>;
  /**
   * Carries out an action of the kind's on a resource. It resolves as soon as the vendor has accepted it; `done` of what it gives waits
   * for the end.
   *
   * An action is tried again by itself only where that can do no harm: the kind says that it is idempotent, or the vendor that nothing was
   * done. Every error says by `effect` whether anything was: `none`, `unknown`, `done`. A caller that leaves after the action was sent
   * gets `unknown`; the vendor's call is not broken off, since that would not undo it. At the deadline the error may be late by 100 ms: the
   * provider is asked what it knows.
   *
   * @throws as {@link Calls.get} does; `failed_precondition` (`ErrInvalidState`) for a resource in whose state the action is not possible;
   *   `unimplemented` for an action that the provider does not declare; `already_exists` (`ErrIdempotencyKeyReused`) for a key that named
   *   another request; `aborted` (`ErrActionInProgress`) while the first call of the same key runs.
   */
  act<K extends Kind>(ctx: Context, request: ActRequest<K>): Promise<Operation>;
  /**
   * What {@link Calls.act} would call, as whom, and whether it would be allowed; nothing is done. That it is not allowed is an answer.
   *
   * @throws as {@link Calls.get} does; `unimplemented` where the provider cannot tell without doing it.
   */
  dryRun<K extends Kind>(ctx: Context, request: DryRunRequest<K>): Promise<DryRun>;
  /**
   * The operation of a token, asked how it stands now: any process with the same token key, or the same store of operations, can go on with it.
   *
   * @throws `invalid_argument` (`ErrInvalidOperationToken`) for a token that was altered or made elsewhere; `failed_precondition`
   *   (`ErrExpiredOperationToken`) for one that is older than a day; `unavailable` (`ErrStoreUnavailable`) when the store of operations cannot be
   *   asked; what the operation failed by.
   */
  operation(ctx: Context, request: OperationRequest): Promise<Operation>;
  /**
   * What is kept of a resource, however old, without asking a vendor: the state in each view that there is, the youngest first. That it was
   * absent is kept too, and is not told here.
   *
   * @throws as {@link Calls.get} does before it asks a vendor.
   */
  cached<K extends Kind>(ctx: Context, request: CachedRequest<K>): Promise<readonly ResourceState<ValueOf<K>>[]>;
  /**
   * Forgets what is kept of the selection, for the context's tenant. Reads that are under way and began before answer who waits for them, and
   * nobody who comes later.
   *
   * @returns how many entries were let go.
   * @throws `invalid_argument` for a ref, kind or provider that is not known, `permission_denied`.
   */
  invalidate(ctx: Context, request: InvalidateRequest): Promise<{ readonly invalidated: number }>;
  cacheStats(ctx: Context, request: CacheStatsRequest): Promise<CacheStats>;
}
