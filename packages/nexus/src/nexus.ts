import type { Answer, Context, Kind, ListPage, ManyAnswer, Provider, Ref, ValueOf } from "@cloudlink/core";
import type { GetManyRequest, GetRequest, ListRequest } from "./requests.ts";

/**
 * The kernel: one way to every resource of every provider it was given.
 *
 * Every call ends by the context's deadline, or by the kernel's default where the context has none, and as soon as the context
 * is canceled; every answer and every error has the trace id. Errors are `CloudLinkError`s.
 */
export interface Nexus extends AsyncDisposable {
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
  /** The ref that a text stands for: a ref's own text, or an id of a vendor's. @throws `invalid_argument` (`ErrInvalidRef`). */
  resolveRef(text: string): Ref;
  /** The vendor's own id of a ref, where its provider has a template for it. */
  nativeId(ref: Ref): string | undefined;
  /** The providers that calls are routed to. */
  providers(): readonly Provider[];
  /** Every kind that a provider serves. */
  kinds(): readonly Kind[];
  /**
   * Cancels what still runs and closes the providers it was given as a list; a directory is for its owner to close. Once it is done it does
   * nothing more, however often it is called. `await using` calls it at the end of a block.
   *
   * @throws what a provider failed to close by, after all have ended; `deadline_exceeded` for one that takes longer than 5 s.
   */
  close(): Promise<void>;
}
