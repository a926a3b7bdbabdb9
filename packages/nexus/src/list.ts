import type { CloudLinkError, Context, Kind, ListPage, ListProblem, ResourceState, ValueOf } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { planList } from "./list-plan.ts";
import type { ListSource, SourcePage } from "./list-source.ts";
import type { PageTokenBinding } from "./page-token.ts";
import type { ListRequest } from "./requests.ts";

/** What a part of the list came back with. */
type Arrival =
  | { readonly source: ListSource; readonly page: SourcePage }
  | { readonly source: ListSource; readonly error: unknown };

/** See {@link Nexus.list}. */
export async function* list<K extends Kind>(
  kernel: Kernel,
  ctx: Context,
  request: ListRequest<K>,
): AsyncGenerator<ListPage<ValueOf<K>>, void, undefined> {
  const call = new KernelCall(kernel, ctx, { operation: "list", kind: request.kind.name, provider: "*" });
  const parts = new ListParts(kernel, { call, ctx, binding: bindingOf(ctx, request) });
  let failure: CloudLinkError | undefined;
  try {
    ctx.throwIfDone();
    await parts.plan(request);
    for (let page = await parts.next(); page !== undefined; page = await parts.next()) {
      yield page as ListPage<ValueOf<K>>;
    }
  } catch (error) {
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
  readonly #ctx;
  readonly #binding: PageTokenBinding;
  /** How far each part was handed out, which may be a page behind how far it was read. */
  readonly #position = new Map<string, string | null>();
  #sources: readonly ListSource[] = [];
  #waiting: ListSource[] = [];
  #reading = 0;
  #arrived: Arrival[] = [];
  #problems: ListProblem[] = [];
  #anythingRead = false;
  #wake: () => void = () => {};

  constructor(kernel: Kernel, settings: { call: KernelCall; ctx: Context; binding: PageTokenBinding }) {
    this.#kernel = kernel;
    this.#call = settings.call;
    this.#ctx = settings.ctx.withSignal(kernel.closing).withCancel();
    this.#binding = settings.binding;
  }

  async plan<K extends Kind>(wanted: ListRequest<K>): Promise<void> {
    const { pageToken } = wanted;
    const position = pageToken === undefined ? {} : this.#kernel.pageTokens.read(pageToken, this.#binding);
    const plan = await planList(this.#kernel, { call: this.#call, ctx: this.#ctx, wanted, position });
    for (const [key, cursor] of Object.entries(position)) this.#position.set(key, cursor);
    this.#sources = plan.sources.filter(({ scope }) => this.#position.get(scope.key) !== null);
    this.#waiting = [...this.#sources];
    this.#problems = [...plan.problems];
    this.#anythingRead = pageToken !== undefined;
  }

  /** The next page, or `undefined` after the last. @throws the first part's error when every part failed: there is no partial result to declare then. */
  async next(): Promise<ListPage<unknown> | undefined> {
    for (;;) {
      this.#read();
      if (this.#arrived.length === 0 && this.#reading === 0) break;
      if (this.#arrived.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const items = this.#takeArrived();
      // Until a part has worked, problems are held back: they may be all there is.
      if (this.#anythingRead && (items.length > 0 || this.#problems.length > 0)) return this.#page(items);
    }
    if (this.#problems.length === 0) return undefined;
    if (this.#anythingRead) return this.#page([]);
    throw allFailed(this.#problems);
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

  #takeArrived(): readonly ResourceState<unknown>[] {
    const items: ResourceState<unknown>[] = [];
    for (const arrival of this.#arrived.splice(0)) {
      const { source } = arrival;
      if ("error" in arrival) {
        // The whole list is over, not this part of it.
        const over = this.#ctx.error();
        if (over !== undefined) throw over;
        const { provider, partition, account, region } = source.scope;
        const error = this.#call.failure(arrival.error, { provider });
        this.#problems.push({ provider, partition, account, region, error });
        continue;
      }
      this.#anythingRead = true;
      for (const item of arrival.page.items) items.push(item);
      this.#position.set(source.scope.key, arrival.page.cursor);
      // Ahead of parts that have not begun: what is half read is finished first.
      if (arrival.page.cursor !== null) this.#waiting.unshift(source);
    }
    return items;
  }

  #page(items: readonly ResourceState<unknown>[]): ListPage<unknown> {
    const problems = this.#problems;
    this.#problems = [];
    const { traceId } = this.#call;
    const isLast = this.#waiting.length === 0 && this.#reading === 0 && this.#arrived.length === 0;
    const nextPageToken = isLast ? undefined : this.#pageToken();
    return { items, problems, traceId, stats: this.#call.stats(), nextPageToken };
  }

  /** A part that failed is tried again by whoever goes on from here. */
  #pageToken(): string {
    return this.#kernel.pageTokens.issue(Object.fromEntries(this.#position), this.#binding);
  }

  [Symbol.dispose](): void {
    this.#ctx.cancel();
    for (const source of this.#sources) source.release();
    this.#arrived = [];
  }
}

function bindingOf<K extends Kind>(ctx: Context, request: ListRequest<K>): PageTokenBinding {
  const { kind, accounts, regions, providers, where, tags, view, pageSize } = request;
  const parts = [kind.name, kind.major, accounts, regions, providers, where, tags, view, pageSize];
  return { tenant: ctx.tenant, request: JSON.stringify(parts) };
}

function allFailed([first, ...others]: readonly ListProblem[]): CloudLinkError {
  if (first === undefined) throw new TypeError("a list without problems has not failed");
  if (others.length === 0) return first.error;
  return first.error.with({
    details: { ...first.error.details, otherPartsFailed: String(others.length) },
  });
}
