import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  type ActionState,
  background,
  CloudLinkError,
  type Context,
  type Filter,
  type KindCapabilities,
  type KindHandler,
  type Lease,
  type ListBatch,
  type Observation,
  type Outcome,
  type Provider,
  type ProviderCall,
  type QuotaObservation,
  type Ref,
  type Scope,
} from "@cloudlink/core";
import type { ActionGround, ActionOn, Harness, Place, PresentResource } from "./harness.ts";
import { capabilitiesOf, handlerOf } from "./provider-part.ts";

/** A call that remembers what the provider reported of it. */
export interface TestCall extends ProviderCall {
  /** The vendor operations that were reported, in their order. */
  readonly requests: readonly string[];
  readonly quotas: readonly QuotaObservation[];
}

/** What a list is asked for; the harness's page size unless another is given. */
export interface ListWish {
  readonly filter?: Filter;
  readonly pageSize?: number;
  readonly view?: string;
  readonly cursor?: string;
}

/** What lies between two cursors of a list. */
export interface Page {
  readonly items: readonly Observation<unknown>[];
  readonly cursor: string | null | undefined;
}

type Seen = Observation<unknown>;

/** More batches than any harness has: a list that goes past it goes on for ever. */
const MOST_BATCHES = 10_000;

const everything: Filter = { where: {}, tags: {} };

/** One case's dealings with a provider of its own. */
export class Trial {
  readonly harness: Harness;
  readonly provider: Provider;
  readonly #lease: Lease;
  readonly #otherLease: Lease | undefined;
  readonly #patienceMs: number;

  constructor(settings: {
    readonly harness: Harness;
    readonly provider: Provider;
    readonly lease: Lease;
    readonly otherLease: Lease | undefined;
    readonly patienceMs: number;
  }) {
    this.harness = settings.harness;
    this.provider = settings.provider;
    this.#lease = settings.lease;
    this.#otherLease = settings.otherLease;
    this.#patienceMs = settings.patienceMs;
  }

  get capabilities(): KindCapabilities {
    const declared = capabilitiesOf(this.provider, this.harness.kind);
    assert(declared !== undefined, `the metadata declares nothing of ${this.harness.kind.name}`);
    return declared;
  }

  handler(provider: Provider = this.provider): KindHandler {
    const found = handlerOf(provider, this.harness.kind);
    assert(found !== undefined, `the provider has no handler of ${this.harness.kind.name}`);
    return found;
  }

  get first(): PresentResource {
    const [first] = this.harness.present;
    assert(first !== undefined, "the harness has no present resource");
    return first;
  }

  get otherPlace(): Place {
    const { otherPlace } = this.harness;
    assert(otherPlace !== undefined, "the harness has no other place");
    return otherPlace;
  }

  get ground(): ActionGround {
    const { actions } = this.harness;
    assert(actions !== undefined, "the harness has nothing to act upon");
    return actions;
  }

  /** A call of the harness's place, unless told otherwise. */
  call(options: { readonly ctx?: Context; readonly scope?: Scope; readonly lease?: Lease } = {}): TestCall {
    const requests: string[] = [];
    const quotas: QuotaObservation[] = [];
    const { scope = this.harness.scope, lease = this.#lease } = options;
    return {
      ctx: (options.ctx ?? background()).withTenant(scope.tenant),
      scope,
      lease,
      requests,
      quotas,
      report: {
        vendorRequest: ({ operation }) => void requests.push(operation),
        quota: (observation) => void quotas.push(observation),
      },
    };
  }

  /** A call of the other place. */
  otherCall(): TestCall {
    assert(this.#otherLease !== undefined, "the harness has no other place");
    return this.call({ scope: this.otherPlace.scope, lease: this.#otherLease });
  }

  /** A view that the capability declares: the kind's usual one where it is among them. */
  viewOf(capability: "get" | "getMany" | "list"): string {
    const views = this.capabilities[capability]?.views ?? [];
    const usual = this.harness.kind.defaultView;
    return views.includes(usual) ? usual : (views.at(-1) ?? usual);
  }

  async get(call: ProviderCall, ref: Ref, view = this.viewOf("get")): Promise<Seen> {
    const { get } = this.#methods();
    return await this.within(`get ${ref.key}`, get(call, { ref, view, native: false }));
  }

  async getMany(
    call: ProviderCall,
    refs: readonly Ref[],
    view = this.viewOf("getMany"),
  ): Promise<readonly Outcome<Seen>[]> {
    const { getMany } = this.#methods();
    return await this.within(`getMany of ${refs.length} refs`, getMany(call, { refs, view }));
  }

  /** Opens a list; nothing is asked of it yet. */
  open(call: ProviderCall, wish: ListWish & { readonly provider?: Provider } = {}): AsyncIterator<ListBatch<unknown>> {
    const handler = this.handler(wish.provider);
    assert(handler.list !== undefined, "the handler has no list");
    const { filter = everything, pageSize = this.harness.pageSize, view = this.viewOf("list"), cursor } = wish;
    const request = { view, filter, pageSize, ...(cursor !== undefined && { cursor }) };
    return handler.list(call, request)[Symbol.asyncIterator]();
  }

  /** The next page of an open list: its batches up to the next cursor. `undefined` when there is none. */
  async nextPage(batches: AsyncIterator<ListBatch<unknown>>): Promise<Page | undefined> {
    const items: Seen[] = [];
    for (let count = 0; count < MOST_BATCHES; count += 1) {
      const { done, value } = await this.within("the next batch of a list", batches.next());
      if (done === true) return items.length === 0 ? undefined : { items, cursor: undefined };
      items.push(...value.items);
      if (value.cursor !== undefined) return { items, cursor: value.cursor };
    }
    return assert.fail("the list goes on for ever without a cursor");
  }

  /** A whole list. */
  async pages(call: ProviderCall, wish: ListWish & { readonly provider?: Provider } = {}): Promise<readonly Page[]> {
    const batches = this.open(call, wish);
    const pages: Page[] = [];
    while (pages.length < MOST_BATCHES) {
      const page = await this.nextPage(batches);
      if (page === undefined) return pages;
      pages.push(page);
    }
    return assert.fail("the list goes on for ever");
  }

  async items(call: ProviderCall, wish: ListWish = {}): Promise<readonly Seen[]> {
    return (await this.pages(call, wish)).flatMap(({ items }) => items);
  }

  /**
   * Has the provider ask whose the credentials of the harness's lease are. It may do so before the first action of a lease, and what holds of
   * an action's own request is to be met by that one, not by this.
   */
  async knowIdentity(): Promise<void> {
    await this.within("identify", this.provider.identify(this.call()));
  }

  /** Asks for an action, under a key of its own. */
  async act(call: ProviderCall, request: ActionOn & { readonly dryRun?: boolean }): Promise<ActionState> {
    const { ref, action, dryRun = false } = request;
    const { act } = this.handler();
    assert(act !== undefined, "the handler has no act");
    return await this.within(
      `${action} of ${ref.key}`,
      act(call, { ref, action, dryRun, idempotencyKey: randomUUID() }),
    );
  }

  /** How an action stands, by the token that it gave. */
  async follow(
    call: ProviderCall,
    request: ActionOn & { readonly token: string; readonly provider?: Provider },
  ): Promise<ActionState> {
    const { ref, action, token, provider } = request;
    const { follow } = this.handler(provider);
    assert(follow !== undefined, "the handler has no follow");
    return await this.within(`following ${action} of ${ref.key}`, follow(call, { ref, action, token }));
  }

  /** The error that `promise` rejects with. It fails for anything but a CloudLinkError. */
  async rejection(what: string, promise: Promise<unknown>): Promise<CloudLinkError> {
    const error = await this.within(
      what,
      promise.then(
        () => undefined,
        (reason: unknown) => reason ?? new TypeError("it rejected with nothing"),
      ),
    );
    assert(error !== undefined, `${what} succeeded, and should have been rejected`);
    assert(CloudLinkError.isInstance(error), `${what} was rejected with ${String(error)}, which is no CloudLinkError`);
    return error;
  }

  /**
   * What `promise` gives. Nothing here is expected within a time: the limit is there so that a provider that never
   * answers fails its case instead of stopping the suite.
   */
  async within<Result>(what: string, promise: Promise<Result>): Promise<Result> {
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what}: nothing came within ${this.#patienceMs} ms` })),
      this.#patienceMs,
    );
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** How many requests reach the vendor while `run` does. */
  async vendorRequestsDuring(run: () => Promise<unknown>): Promise<number> {
    const { harness } = this;
    assert(harness.vendorRequests !== undefined, "the harness does not count requests");
    const before = await harness.vendorRequests();
    await run();
    return (await harness.vendorRequests()) - before;
  }

  #methods(): Required<Pick<KindHandler, "get" | "getMany">> {
    const handler = this.handler();
    return {
      get: async (call, request) => {
        assert(handler.get !== undefined, "the handler has no get");
        return await handler.get(call, request);
      },
      getMany: async (call, request) => {
        assert(handler.getMany !== undefined, "the handler has no getMany");
        return await handler.getMany(call, request);
      },
    };
  }
}
