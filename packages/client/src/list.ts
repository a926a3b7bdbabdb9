import type { CallStats, Context, Kind, ListPage, ListProblem, ResourceState, ValueOf } from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import { checkKind } from "./check-answer.ts";
import { checkRequest } from "./check-request.ts";
import { ClientCall } from "./client-call.ts";
import { type Connection, send } from "./connection.ts";
import { errorOfResponse, hasType } from "./failed-response.ts";
import { type ListLines, listLines } from "./list-lines.ts";
import { fieldsOf } from "./read/form.ts";
import { readEndOfPage, readError, readListProblem, readState } from "./read/resource-state.ts";
import { chunksOf, cutOff, tooLarge } from "./response-body.ts";
import { listParams } from "./wire/list-query.ts";
import { mediaTypes, paths } from "./wire/protocol.ts";

/** See `Calls.list`. */
export function list<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: ListRequest<K>,
): AsyncGenerator<ListPage<ValueOf<K>>, void, undefined> {
  const leaving = new AbortController();
  const pages = readPages(connection, ctx, { request, leaving: leaving.signal });
  const end = pages.return.bind(pages);
  // A generator that is busy would end only once it has a page: whoever leaves does not wait for that, and nor does the server.
  pages.return = (value) => {
    leaving.abort();
    return end(value);
  };
  return pages;
}

async function* readPages<K extends Kind>(
  connection: Connection,
  caller: Context,
  { request, leaving }: { readonly request: ListRequest<K>; readonly leaving: AbortSignal },
): AsyncGenerator<ListPage<ValueOf<K>>, void, undefined> {
  checkRequest("list", caller, request);
  const { closing } = connection;
  using call = new ClientCall(caller, { operation: "list", leaving, closing });
  const stream = new ListStream(connection, { call, kind: request.kind, pageToken: request.pageToken });
  try {
    call.ctx.throwIfDone();
    await stream.open(request);
    for (let page = await stream.next(); page !== undefined; page = await stream.next()) {
      yield page as ListPage<ValueOf<K>>;
    }
  } catch (error) {
    // Whoever left while a page was on its way gets the end of the list in its place.
    if (leaving.aborted) return;
    const failure = call.failure(error);
    const rest = failure.code === "canceled" ? undefined : stream.rest();
    if (rest !== undefined) yield rest as ListPage<ValueOf<K>>;
    throw failure;
  } finally {
    stream.cancel();
  }
}

/** The pages of one list as they arrive. */
class ListStream {
  readonly #connection: Connection;
  readonly #call: ClientCall;
  readonly #kind: Kind;
  #lines: ListLines | undefined;
  #items: ResourceState<unknown>[] = [];
  #problems: ListProblem[] = [];
  /** Bytes of the page so far. */
  #size = 0;
  /** Where the last whole page ends. */
  #position: string | undefined;
  #stats: CallStats = Object.freeze({ vendorCalls: 0, savedCalls: 0, retries: 0, durationMs: 0 });
  #traceId: string;
  #isOver = false;

  constructor(
    connection: Connection,
    {
      call,
      kind,
      pageToken,
    }: { readonly call: ClientCall; readonly kind: Kind; readonly pageToken: string | undefined },
  ) {
    this.#connection = connection;
    this.#call = call;
    this.#kind = kind;
    this.#position = pageToken;
    this.#traceId = call.trace.traceId;
  }

  async open<K extends Kind>(request: ListRequest<K>): Promise<void> {
    const call = this.#call;
    const { settings } = this.#connection;
    using ctx = call.step(settings.defaultTimeoutMs);
    const outgoing = { path: paths.resources, query: listParams(request), accept: mediaTypes.lines };
    const response = await send(this.#connection, { call, ctx, request: outgoing });
    if (response.status !== 200 || !hasType(response, mediaTypes.lines)) {
      throw await errorOfResponse(this.#connection, { call, ctx, response });
    }
    this.#lines = listLines(chunksOf(this.#connection, response), settings.maxAnswerBytes);
  }

  /** The next page, or `undefined` after the last. @throws what the list failed by. */
  async next(): Promise<ListPage<unknown> | undefined> {
    const { defaultTimeoutMs, maxAnswerBytes } = this.#connection.settings;
    if (this.#isOver) return undefined;
    using ctx = this.#call.step(defaultTimeoutMs);
    for (;;) {
      const line = await this.#lines?.next(ctx);
      if (line === undefined) throw cutOff(this.#connection);
      this.#size += line.bytes;
      if (this.#size > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
      const { item, problem, page, end, error } = fieldsOf(line.form);
      if (item !== undefined) this.#items.push(this.#readItem(item));
      else if (problem !== undefined) this.#problems.push(readListProblem(problem));
      else if (page !== undefined) return this.#ended(page);
      else if (error !== undefined || end !== undefined) {
        await this.#lines?.finish(ctx);
        if (error !== undefined) throw readError(error);
        this.#isOver = true;
        this.#position = undefined;
        return this.rest();
      }
    }
  }

  /**
   * What came since the last page; `undefined` if nothing did. It goes on where that page ended, so that what is read again has all of this
   * and nothing is missed.
   */
  rest(): ListPage<unknown> | undefined {
    if (this.#items.length === 0 && this.#problems.length === 0) return undefined;
    return this.#page(this.#position);
  }

  cancel(): void {
    this.#lines?.cancel();
  }

  #readItem(form: unknown): ResourceState<unknown> {
    const item = readState(form);
    checkKind(item, this.#kind);
    return item;
  }

  #ended(form: unknown): ListPage<unknown> {
    const { traceId, stats, nextPageToken } = readEndOfPage(form);
    this.#traceId = traceId;
    this.#stats = stats;
    this.#position = nextPageToken;
    return this.#page(nextPageToken);
  }

  #page(nextPageToken: string | undefined): ListPage<unknown> {
    const items = Object.freeze(this.#items);
    const problems = Object.freeze(this.#problems);
    this.#items = [];
    this.#problems = [];
    this.#size = 0;
    return Object.freeze({ items, problems, traceId: this.#traceId, stats: this.#stats, nextPageToken });
  }
}
