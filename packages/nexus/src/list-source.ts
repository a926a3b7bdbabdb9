import {
  boundsFor,
  type CacheFill,
  type CacheNamespace,
  type CacheSubject,
  type CancelableContext,
  type Context,
  type Lease,
  type ListBatch,
  matchesFilter,
  type Observation,
  type ProviderCall,
  type ResourceState,
  type Scope,
} from "@cloudlink/core";
import { seenAt, stateOf } from "./answer.ts";
import { stepContext } from "./call-bounds.ts";
import { keptList, type ListedPage, ListGathering, type ListWish } from "./kept-list.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { acceptObservation, observed, withDeclaredLag } from "./observation.ts";
import { adviceOf } from "./plan-read.ts";
import { providerFault } from "./provider-fault.ts";
import type { Route } from "./route.ts";
import { callVendor, providerContext } from "./vendor-call.ts";

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
  readonly lease: Lease;
  /** Begun before anything was asked for: a provider may ask for a page before it is wanted. */
  readonly fill: CacheFill;
}

/**
 * One part of a list: one account and region of one provider. It hands out whole vendor pages, because only between
 * pages can a list be gone on with: a page that breaks off is fetched again from its start, and nothing comes twice.
 */
export class ListSource {
  readonly scope: Scope;
  readonly route: Route;
  readonly #wish: ListWish;
  readonly #namespace: CacheNamespace;
  readonly #subject: CacheSubject;
  #open: OpenList | undefined;
  /** What is left of a list that was kept. */
  #kept: Iterator<ListedPage> | undefined;
  /** Of a list that is read from its start, to be kept. */
  #gathering: ListGathering | undefined;
  #vendorCalls = 0;
  /** What the pages have paid at the limits: a provider may ask for one before it is wanted, under the call that another page was asked for by. */
  readonly #paid = new Map<string, number>();
  /** When the first of a list that was kept was seen, by the monotonic clock and by the wall clock. */
  #keptSince = { seenAt: 0, observedAt: 0 };
  /** Where the next page begins; `null` at the end, `undefined` at the start. */
  #cursor: string | null | undefined;

  constructor(settings: {
    readonly scope: Scope;
    readonly route: Route;
    readonly wish: ListWish;
    readonly namespace: CacheNamespace;
    readonly cursor?: string | undefined;
  }) {
    this.#namespace = settings.namespace;
    const { tenant, provider } = settings.scope;
    this.#subject = Object.freeze({ tenant, provider, kind: settings.route.handler.kind.name });
    this.scope = settings.scope;
    this.route = settings.route;
    this.#wish = settings.wish;
    this.#cursor = settings.cursor;
  }

  /** The next vendor page, matched against the filter: of the list that is kept, if one is that is young enough, or from the vendor. */
  async nextPage(
    kernel: Kernel,
    { call, ctx }: { readonly call: KernelCall; readonly ctx: Context },
  ): Promise<SourcePage> {
    return this.#nextKept(kernel, call) ?? (await this.#nextFromVendor(kernel, { call, ctx }));
  }

  #nextKept(kernel: Kernel, call: KernelCall): SourcePage | undefined {
    const { clock } = call.ctx;
    const wish = this.#wish;
    // What is gone on with is live: its cursor may be of another list than the one that is kept.
    if (this.#cursor === undefined && this.#kept === undefined) {
      const list = keptList(this.#namespace, { wish, clock });
      if (list === undefined) return undefined;
      call.savedCalls += list.vendorCalls;
      this.#kept = list.pages.values();
      this.#keptSince = { seenAt: list.seenAt, observedAt: list.pages[0]?.items[0]?.observedAt ?? 0 };
      kernel.notes.note("hit", this.#subject);
    }
    const next = this.#kept?.next();
    if (next === undefined || next.done) return undefined;
    const { items, cursor } = next.value;
    this.#cursor = cursor;
    // By the clock that no one sets; of the wall clock's instants, only how far they lie apart.
    const { seenAt, observedAt } = this.#keptSince;
    const firstAgeMs = Math.ceil(clock.monotonicMs()) - seenAt;
    const kept = items.map((observation) => {
      const ageMs = Math.max(0, firstAgeMs - Math.max(0, observation.observedAt - observedAt));
      return stateOf({ observation, source: "memory", ageMs, refreshing: false });
    });
    return { items: kept, cursor };
  }

  async #nextFromVendor(
    kernel: Kernel,
    { call, ctx }: { readonly call: KernelCall; readonly ctx: Context },
  ): Promise<SourcePage> {
    const { scope, route } = this;
    if (this.#cursor === undefined && this.#gathering === undefined && this.#namespace.mostListItems > 0) {
      this.#gathering = new ListGathering(this.#namespace, { wish: this.#wish, clock: ctx.clock });
      kernel.notes.note("miss", this.#subject);
    }
    using step = stepContext(kernel, ctx);
    try {
      return await callVendor(kernel, {
        call,
        ctx: step,
        provider: route.provider,
        scope,
        operations: route.capabilities.list?.operations ?? [],
        paid: this.#paid,
        sent: () => {
          this.#vendorCalls += 1;
        },
        run: async (providerCall) => {
          const open = this.#openUnder(providerCall, { call, ctx });
          try {
            return await this.#readPage(kernel, { open, call });
          } catch (error) {
            this.#end(open);
            throw error;
          }
        },
      });
    } catch (error) {
      // Also when a provider that notices nothing was left behind.
      this.release();
      throw error;
    }
  }

  /** Ends what the provider has under way. The part can still be gone on with, from its cursor. */
  release(): void {
    if (this.#open !== undefined) this.#end(this.#open);
  }

  #end(open: OpenList): void {
    if (this.#open === open) this.#open = undefined;
    open.ctx.cancel();
    // A generator that is busy ends when it sees its context; one that waits to be asked ends here. Nobody waits for it: it may hang.
    void (async () => await open.batches.return?.())().catch(() => {});
  }

  /** What is open, if it runs under the lease that is good now; else it is opened again where the next page begins. */
  #openUnder(
    providerCall: ProviderCall,
    { call, ctx }: { readonly call: KernelCall; readonly ctx: Context },
  ): OpenList {
    if (this.#open?.lease === providerCall.lease) return this.#open;
    this.release();
    const { provider, handler, capabilities } = this.route;
    const { list } = capabilities;
    if (list === undefined || handler.list === undefined) {
      throw providerFault(provider, `it declares list for ${handler.kind.name} and does not have it`);
    }
    const { view, filter } = this.#wish;
    const pageSize = Math.min(this.#wish.pageSize ?? list.maxPageSize, list.maxPageSize);
    const request = { view, filter, pageSize, ...(typeof this.#cursor === "string" && { cursor: this.#cursor }) };
    // The provider's list outlives the page it is opened for, so it runs under the context of the whole list.
    const listContext = ctx.withCancel();
    const fill = this.#namespace.beginFill(ctx.clock);
    const providerList = handler.list({ ...providerCall, ctx: providerContext(call, listContext) }, request);
    this.#open = { batches: providerList[Symbol.asyncIterator](), ctx: listContext, lease: providerCall.lease, fill };
    return this.#open;
  }

  async #readPage(
    kernel: Kernel,
    { open, call }: { readonly open: OpenList; readonly call: KernelCall },
  ): Promise<SourcePage> {
    const { scope, route } = this;
    const { view, filter } = this.#wish;
    const { clock } = call.ctx;
    const expected = { call, provider: route.provider, kind: route.handler.kind, scope, view };
    const { fill } = open;
    const items: Observation<unknown>[] = [];
    for (;;) {
      const { done, value: batch } = await open.batches.next();
      // Whoever gave it up has gone on, from the cursor: what comes late must not move that.
      if (open !== this.#open) return { items: [], cursor: null };
      for (const given of done === true ? [] : batch.items) {
        const observation = acceptObservation(withDeclaredLag(given, route.capabilities.list), expected);
        const usual = boundsFor(adviceOf(route), observation.value);
        observed(kernel, { scope, fill, observation, usual });
        if (matchesFilter(filter, observation.value)) items.push(observation);
      }
      if (done !== true && batch.cursor === undefined) continue;
      const cursor = done === true ? null : (batch.cursor ?? null);
      this.#cursor = cursor;
      this.#gathering?.add({ items, cursor }, { vendorCalls: this.#vendorCalls });
      if (cursor === null) this.release();
      return { items: items.map((observation) => stateOf(seenAt(clock, { observation, source: "live" }))), cursor };
    }
  }
}
