import {
  type ActionRequest,
  type ActionState,
  CONTRACT_VERSION,
  type FollowRequest,
  type GetManyRequest,
  type GetRequest,
  type Identity,
  type KindCapabilities,
  type KindHandler,
  type ListBatch,
  type ListRequest,
  type Outcome,
  type Provider,
  type ProviderCall,
  type ProviderMetadata,
  type Ref,
} from "@cloudlink/core";
import { observationOf, type Seen, stamped, Thing } from "./thing.ts";

/** A call that reached the provider. */
export type ProviderRequest =
  | { readonly method: "get"; readonly call: ProviderCall; readonly request: GetRequest }
  | { readonly method: "getMany"; readonly call: ProviderCall; readonly request: GetManyRequest }
  | { readonly method: "list"; readonly call: ProviderCall; readonly request: ListRequest }
  | { readonly method: "act"; readonly call: ProviderCall; readonly request: ActionRequest }
  | { readonly method: "follow"; readonly call: ProviderCall; readonly request: FollowRequest }
  | { readonly method: "identify"; readonly call: ProviderCall };

export interface FakeProviderSettings {
  readonly name?: string;
  readonly metadata?: Partial<ProviderMetadata>;
  /** What is declared of {@link Thing}, over the defaults: everything. `undefined` for what is not declared. */
  readonly capabilities?: { readonly [Name in keyof KindCapabilities]?: KindCapabilities[Name] | undefined };
  get?(call: ProviderCall, request: GetRequest): Promise<Seen>;
  getMany?(call: ProviderCall, request: GetManyRequest): Promise<readonly Outcome<Seen>[]>;
  list?(call: ProviderCall, request: ListRequest): AsyncIterable<ListBatch<Thing>>;
  /** Left out, an action is done at once, and a dry run allowed. */
  act?(call: ProviderCall, request: ActionRequest): Promise<ActionState>;
  follow?(call: ProviderCall, request: FollowRequest): Promise<ActionState>;
  /** Whether the requests of actions are reported as sent; `true` if left out. A test that says `false` reports them itself. */
  readonly reportsActions?: boolean;
  identify?(call: ProviderCall): Promise<Identity>;
  close?(): Promise<void>;
}

/** A provider whose conduct is the test's, and which remembers what it was asked. */
export interface FakeProvider extends Provider {
  readonly requests: readonly ProviderRequest[];
  /** A barrier: resolves when that many calls have reached the provider. */
  whenCalled(count: number): Promise<void>;
}

export function fakeProvider(settings: FakeProviderSettings = {}): FakeProvider {
  const { name = "fake" } = settings;
  const requests: ProviderRequest[] = [];
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const record = (request: ProviderRequest) => {
    requests.push(request);
    const isAction = request.method === "act" || request.method === "follow";
    const operation = request.method === "act" ? request.request.action : request.method;
    if (!isAction || settings.reportsActions !== false) request.call.report.vendorRequest({ operation });
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
    waiting = waiting.filter(({ count }) => requests.length < count);
  };
  const answer = (call: ProviderCall, ref: Ref, view: string) =>
    observationOf(ref, { view, observedAt: call.ctx.clock.nowMs() });

  const handler: KindHandler<Thing> = {
    kind: Thing,
    async get(call, request) {
      record({ method: "get", call, request });
      return stamped(call, await (settings.get?.(call, request) ?? answer(call, request.ref, request.view)));
    },
    async getMany(call, request) {
      record({ method: "getMany", call, request });
      if (settings.getMany !== undefined) {
        const outcomes = await settings.getMany(call, request);
        return outcomes.map((each) => (each.ok ? { ...each, state: stamped(call, each.state) } : each));
      }
      return request.refs.map((ref) => ({ ok: true, ref, state: answer(call, ref, request.view) }));
    },
    list(call, request) {
      record({ method: "list", call, request });
      return settings.list?.(call, request) ?? noBatches();
    },
    async act(call, request) {
      record({ method: "act", call, request });
      return (await settings.act?.(call, request)) ?? { state: request.dryRun ? "allowed" : "done" };
    },
    async follow(call, request) {
      record({ method: "follow", call, request });
      return (await settings.follow?.(call, request)) ?? { state: "done" };
    },
  };
  const declared: Record<string, unknown> = {
    kind: Thing.name,
    major: Thing.major,
    regional: true,
    refTemplates: [{ template: "thing:{account}:{region}:{id}", parts: { partition: "-" } }],
    get: { operations: ["get"], views: ["standard", "health"], native: true },
    getMany: { operations: ["getMany"], views: ["standard", "health"], maxRefs: 100 },
    list: { operations: ["list"], views: ["standard"], pushDown: [], maxPageSize: 1000 },
    actions: {
      polish: { operations: ["polish"], dryRun: true, follow: { operations: ["look"] } },
      shake: { operations: ["shake"], dryRun: false },
    },
    ...settings.capabilities,
  };
  const entries = Object.entries(declared).filter(([, capability]) => capability !== undefined);

  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      name,
      version: "1.2.3",
      displayName: name,
      partitions: ["-"],
      kinds: [Object.fromEntries(entries) as unknown as KindCapabilities],
      limits: [],
      hosts: [],
      credentials: { ambient: true, parameters: [], keys: [] },
      ...settings.metadata,
    },
    kinds: [handler as KindHandler],
    async identify(call) {
      record({ method: "identify", call });
      const ambient = { partition: "-", account: "1", principal: "somebody", regions: ["north"] };
      return (await settings.identify?.(call)) ?? ambient;
    },
    close: async () => await settings.close?.(),
    requests,
    whenCalled(count) {
      if (requests.length >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
  };
}

async function* noBatches(): AsyncGenerator<ListBatch<Thing>> {}

/** A promise that never settles: a vendor that does not answer. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}

/** Rejects when the call is over, as a well-behaved provider does with a vendor that does not answer. */
export function untilAborted<Value>({ ctx }: ProviderCall): Promise<Value> {
  return new Promise((_resolve, reject) => {
    ctx.signal.addEventListener("abort", () => reject(ctx.error()), { once: true });
  });
}
