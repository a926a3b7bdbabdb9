import {
  type CancelableContext,
  CloudLinkError,
  type Context,
  type Filter,
  type ListBatch,
  matchesFilter,
  type ProviderCall,
  type ResourceState,
  type Scope,
} from "@cloudlink/core";
import { stateOf } from "./answer.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import type { Route } from "./route.ts";
import { callVendor, providerContext, providerFault } from "./vendor-call.ts";

/** What every part of a list is asked for. */
export interface ListWish {
  readonly view: string;
  readonly filter: Filter;
  readonly pageSize: number | undefined;
}

/** One vendor page of a part. */
export interface SourcePage {
  readonly items: readonly ResourceState<unknown>[];
  /** Where the part goes on after it; `null` at its end. */
  readonly cursor: string | null;
}

/** A run of a provider's list that is under way. */
interface OpenList {
  readonly batches: AsyncIterator<ListBatch<unknown>>;
  readonly ctx: CancelableContext;
}

/**
 * One part of a list: one account and region of one provider. It hands out whole vendor pages, because only between
 * pages can a list be gone on with: a page that breaks off is fetched again from its start, and nothing comes twice.
 */
export class ListSource {
  readonly scope: Scope;
  readonly route: Route;
  readonly #wish: ListWish;
  #open: OpenList | undefined;
  /** Where the next page begins; `null` at the end, `undefined` at the start. */
  #cursor: string | null | undefined;

  constructor(settings: {
    readonly scope: Scope;
    readonly route: Route;
    readonly wish: ListWish;
    readonly cursor?: string | undefined;
  }) {
    this.scope = settings.scope;
    this.route = settings.route;
    this.#wish = settings.wish;
    this.#cursor = settings.cursor;
  }

  /** The next vendor page, matched against the filter. */
  async nextPage(
    kernel: Kernel,
    { call, ctx }: { readonly call: KernelCall; readonly ctx: Context },
  ): Promise<SourcePage> {
    const { scope, route } = this;
    // The default deadline is for a page, not for the whole list, which may be long and whose consumer may be slow.
    const pageContext = ctx.deadlineAt === Number.POSITIVE_INFINITY ? ctx.withTimeout(kernel.defaultTimeoutMs) : ctx;
    using owned = pageContext.withCancel();
    return await callVendor(kernel, {
      call,
      ctx: owned,
      provider: route.provider,
      scope,
      operations: route.capabilities.list?.operations ?? [],
      run: async (providerCall) => {
        try {
          this.#open ??= this.#start(providerCall, { call, ctx: ctx.withCancel() });
          return await this.#readPage(this.#open, ctx);
        } catch (error) {
          this.release();
          throw error;
        }
      },
    }).catch((error: unknown) => {
      this.release();
      throw error;
    });
  }

  /** Ends what the provider has under way. The part can still be gone on with, from its cursor. */
  release(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.ctx.cancel();
    // A generator that is busy ends when it sees its context; one that waits to be asked ends here.
    open.batches.return?.().catch(() => {});
  }

  /** The provider's list outlives the page it is opened for, so it runs under the context of the whole list. */
  #start(
    providerCall: ProviderCall,
    opening: { readonly call: KernelCall; readonly ctx: CancelableContext },
  ): OpenList {
    const { provider, handler, capabilities } = this.route;
    const { list } = capabilities;
    if (list === undefined || handler.list === undefined) {
      throw providerFault(provider, `it declares list for ${handler.kind.name} and does not have it`);
    }
    const { view, filter } = this.#wish;
    const pageSize = Math.min(this.#wish.pageSize ?? list.maxPageSize, list.maxPageSize);
    const request = { view, filter, pageSize, ...(typeof this.#cursor === "string" && { cursor: this.#cursor }) };
    const ctx = providerContext(opening.call, opening.ctx);
    const batches = handler.list({ ...providerCall, ctx }, request)[Symbol.asyncIterator]();
    return { batches, ctx: opening.ctx };
  }

  async #readPage(open: OpenList, ctx: Context): Promise<SourcePage> {
    const items: ResourceState<unknown>[] = [];
    for (;;) {
      const { done, value: batch } = await open.batches.next();
      if (open !== this.#open) throw abandoned();
      for (const observation of done === true ? [] : batch.items) {
        if (matchesFilter(this.#wish.filter, observation.value))
          items.push(stateOf(ctx, { observation, source: "live" }));
      }
      if (done !== true && batch.cursor === undefined) continue;
      const cursor = done === true ? null : (batch.cursor ?? null);
      this.#cursor = cursor;
      if (cursor === null) this.release();
      return { items, cursor };
    }
  }
}

/** Nobody waits for this: the one who released the part has gone on. */
function abandoned(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: "This part of the list was given up.",
    origin: "kernel",
  });
}
