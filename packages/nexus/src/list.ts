import {
  type CancelableContext,
  type CloudLinkError,
  type Context,
  createFilter,
  type Filter,
  type Kind,
  type ListPage,
  type ListProblem,
  type ResourceState,
  type ValueOf,
} from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import { callContext } from "./call-bounds.ts";
import { checkEntrance } from "./entrance.ts";
import { textOfFilter } from "./filter-text.ts";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { planList } from "./list-plan.ts";
import type { ListSource, SourcePage } from "./list-source.ts";
import type { PageTokenBinding } from "./page-token.ts";

/** What a part of the list came back with. */
type Arrival =
  | { readonly source: ListSource; readonly page: SourcePage }
  | { readonly source: ListSource; readonly error: unknown };

/** See {@link Nexus.list}. */
export function list<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: ListRequest<K>,
): AsyncGenerator<ListPage<ValueOf<K>>, void, undefined> {
  const leaving = new AbortController();
  const pages = readPages(kernel, ctx, { request, leaving: leaving.signal });
  const end = pages.return.bind(pages);
  // A generator that is busy would end only once it has a page: whoever leaves does not wait for that, and nor do the vendor's calls.
  pages.return = (value) => {
    leaving.abort();
    return end(value);
  };
  return pages;
}

async function* readPages<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  { request, leaving }: { readonly request: ListRequest<K>; readonly leaving: AbortSignal },
): AsyncGenerator<ListPage<ValueOf<K>>, void, undefined> {
  checkEntrance(kernel, { operation: "list", ctx, request });
  const { telemetry } = kernel;
  const call = new KernelCall(ctx.withSignal(leaving), { telemetry, operation: "list", kind: request.kind.name });
  const parts = new ListParts(kernel, call);
  let failure: CloudLinkError | undefined;
  try {
    ctx.throwIfDone();
    await parts.plan(request);
    for (let page = await parts.next(); page !== undefined; page = await parts.next()) {
      yield page as ListPage<ValueOf<K>>;
    }
  } catch (error) {
    // Whoever left while a page was on its way gets the end of the list in its place.
    if (leaving.aborted) return;
    failure = call.failure(error);
    throw failure;
  } finally {
    parts[Symbol.dispose]();
    call.ended(failure === undefined ? {} : { error: failure });
  }
}

/** The parts of one list while it runs: which wait, which are being read, and what has arrived. */
class ListParts implements Disposable {
  readonly #kernel: Kernel;
  readonly #call: KernelCall;
  readonly #ctx: CancelableContext;
  #binding: PageTokenBinding | undefined;
  /** How far parts were handed out, which may be a page behind how far they were read: each step as it was made. */
  readonly #steps: (readonly [scope: string, cursor: string | null])[] = [];
  #sources: readonly ListSource[] = [];
  #waiting: ListSource[] = [];
  #reading = 0;
  #arrived: Arrival[] = [];
  #problems: ListProblem[] = [];
  /** Whether any part has come a page further in this run. */
  #anythingRead = false;
  /** The deadline's error, once it has come. */
  #overdue: CloudLinkError | undefined;
  #lastIsOut = false;
  #wake: () => void = () => {};

  constructor(kernel: Kernel, call: KernelCall) {
    this.#kernel = kernel;
    this.#call = call;
    this.#ctx = callContext(kernel, call);
  }

  async plan<K extends Kind>(wanted: ListRequest<K>): Promise<void> {
    using _awake = this.#kernel.awake.hold();
    const filter = createFilter(wanted.kind, { where: wanted.where, tags: wanted.tags });
    this.#binding = { tenant: this.#ctx.tenant, request: textOf(wanted, filter) };
    const { pageToken } = wanted;
    const position = pageToken === undefined ? {} : this.#kernel.pageTokens.read(pageToken, this.#binding);
    const plan = await planList(this.#kernel, { call: this.#call, ctx: this.#ctx, wanted, filter, position });
    this.#steps.push(...Object.entries(position));
    this.#sources = plan.sources;
    this.#waiting = [...plan.sources];
    this.#problems = [...plan.problems];
  }

  /**
   * The next page, or `undefined` after the last, which may be empty: the consumer hears how the list ended. When the deadline comes, what
   * has been read is handed out and what has not is declared, together, in the last page.
   *
   * @throws the first part's error when every part failed, and the deadline's when it came before anything was read: there is no partial
   *   result to declare then. Why the list is over when it was canceled.
   */
  async next(): Promise<ListPage<unknown> | undefined> {
    using _awake = this.#kernel.awake.hold();
    const items: ResourceState<unknown>[] = [];
    while (!this.#isAtEnd()) {
      this.#giveUpIfOverdue();
      this.#read();
      if (this.#arrived.length === 0 && this.#reading > 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#takeArrived(items);
      // Until a part has worked, problems are held back: they may be all there is. That goes for a list that is gone on with, too: a page
      // that only says what failed would have the token that it went on from, and whoever takes a page at a time would never get further.
      const isWorthAPage = items.length > 0 || (this.#anythingRead && this.#problems.length > 0);
      if (isWorthAPage && !this.#isAtEnd() && this.#ctx.error() === undefined) return this.#page(items);
    }
    if (this.#lastIsOut) return undefined;
    this.#lastIsOut = true;
    if (this.#problems.length > 0 && !this.#anythingRead) throw this.#overdue ?? allFailed(this.#problems);
    return this.#page(items);
  }

  /** At the deadline, declares the parts that wait to be read; those that are being read end by themselves. @throws when it was canceled. */
  #giveUpIfOverdue(): void {
    const error = this.#ctx.error();
    if (error === undefined) return;
    if (error.code !== "deadline_exceeded") throw error;
    this.#overdue = error;
    for (const source of this.#waiting.splice(0)) this.#fail(source, error);
  }

  #fail({ scope }: ListSource, thrown: unknown): void {
    const { provider, partition, account, region } = scope;
    const error = this.#call.failure(thrown, { provider });
    this.#problems.push({ provider, partition, account, region, error });
  }

  #isAtEnd(): boolean {
    return this.#waiting.length === 0 && this.#reading === 0 && this.#arrived.length === 0;
  }

  /** Reads as many parts as may be read at once, each one vendor page ahead of the consumer and no further. */
  #read(): void {
    while (this.#reading < this.#kernel.concurrency) {
      const source = this.#waiting.shift();
      if (source === undefined) return;
      this.#reading += 1;
      const arrive = (arrival: Arrival) => {
        this.#reading -= 1;
        this.#arrived.push(arrival);
        this.#wake();
      };
      source.nextPage(this.#kernel, { call: this.#call, ctx: this.#ctx }).then(
        (page) => arrive({ source, page }),
        (error: unknown) => arrive({ source, error }),
      );
    }
  }

  #takeArrived(items: ResourceState<unknown>[]): void {
    for (const arrival of this.#arrived.splice(0)) {
      const { source } = arrival;
      if ("error" in arrival) {
        // If it was canceled the whole list is over, not this part of it.
        this.#giveUpIfOverdue();
        this.#fail(source, arrival.error);
        continue;
      }
      this.#anythingRead = true;
      for (const item of arrival.page.items) items.push(item);
      this.#steps.push([source.scope.key, arrival.page.cursor]);
      // Ahead of parts that have not begun: what is half read is finished first.
      if (arrival.page.cursor !== null) this.#waiting.unshift(source);
    }
  }

  #page(items: readonly ResourceState<unknown>[]): ListPage<unknown> {
    const problems = this.#problems;
    this.#problems = [];
    const { traceId } = this.#call;
    const stats = Object.freeze(this.#call.stats());
    if (this.#lastIsOut) return { items, problems, traceId, stats, nextPageToken: undefined };
    const taken = this.#steps.length;
    let token: string | undefined;
    const issue = () => this.#pageToken(taken);
    return {
      items,
      problems,
      traceId,
      stats,
      // Made when it is asked for: most lists are read to their end, and the token of one over a thousand parts is long.
      get nextPageToken() {
        token ??= issue();
        return token;
      },
    };
  }

  /** A part that failed is asked again by whoever goes on from here, whatever it failed by: what was denied may be permitted by then. */
  #pageToken(steps: number): string | undefined {
    if (this.#binding === undefined) return undefined;
    return this.#kernel.pageTokens.issue(Object.fromEntries(this.#steps.slice(0, steps)), this.#binding);
  }

  [Symbol.dispose](): void {
    this.#ctx.cancel();
    for (const source of this.#sources) source.release();
    this.#arrived = [];
  }
}

/** Everything of a request that its outcome depends on: the same text for requests that ask for the same. */
function textOf<K extends Kind>(request: ListRequest<K>, filter: Filter): string {
  const { kind, accounts = "*", regions = "*", providers = "*", view = kind.defaultView, pageSize } = request;
  const parts = [kind.name, kind.major, accounts, regions, providers, textOfFilter(filter), view, pageSize];
  return JSON.stringify(parts);
}

function allFailed([first, ...others]: readonly ListProblem[]): CloudLinkError {
  if (first === undefined) throw new TypeError("a list without problems has not failed");
  if (others.length === 0) return first.error;
  const { account, region, error } = first;
  return error.with({ details: { ...error.details, account, region, otherPartsFailed: String(others.length) } });
}
