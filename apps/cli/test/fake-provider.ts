import {
  type ActionRequest,
  type ActionState,
  CloudLinkError,
  CONTRACT_VERSION,
  createRef,
  type FollowRequest,
  type KindHandler,
  type ListBatch,
  type Observation,
  type Outcome,
  type Provider,
  type ProviderCall,
  VirtualMachine,
  type VirtualMachineStatus,
} from "@cloudlink/core";

/** What the fake cloud holds, and how it behaves. */
export interface FakeCloud {
  readonly account?: string;
  /** Looked at anew by every call. */
  readonly machines: readonly VirtualMachineStatus[];
  /** Machines to a page of a list. */
  readonly pageSize?: number;
  /** What calls in these accounts fail with. */
  readonly failures?: Readonly<Record<string, CloudLinkError>>;
  /** Awaited before each page of a list but the first: a test holds the list here. */
  readonly beforeNextPage?: (call: ProviderCall) => Promise<void>;
  /** Awaited whenever it is asked whose a login is. */
  readonly beforeIdentify?: (call: ProviderCall) => Promise<void>;
  /** Awaited by every get. */
  readonly beforeGet?: (call: ProviderCall) => Promise<void>;
  /** Awaited by every getMany. */
  readonly beforeGetMany?: (call: ProviderCall) => Promise<void>;
  /** What a getMany says of one machine, in place of what `machines` holds. */
  readonly answerOf?: (id: string) => VirtualMachineStatus | CloudLinkError;
  /** What an action comes to; left out, each is done at once, and allowed. */
  readonly onAct?: (request: ActionRequest, call: ProviderCall) => ActionState | Promise<ActionState>;
  /** How an action that runs stands; left out, it is done. */
  readonly onFollow?: (request: FollowRequest, call: ProviderCall) => ActionState | Promise<ActionState>;
  /** Told of the login that a call is made with. */
  readonly onCall?: (call: ProviderCall) => void;
}

export const ACCOUNT = "111111111111";
const REGION = "eu-west-1";

/** A machine of which only what matters is given. */
export function machine(id: string, rest: Partial<VirtualMachineStatus> = {}): VirtualMachineStatus {
  return {
    id,
    powerState: "running",
    rawState: "running",
    billed: "yes",
    name: `name-${id}`,
    addresses: [{ address: "10.0.0.1", family: "ipv4", reach: "private" }],
    hostNames: [],
    placement: { region: REGION, zone: `${REGION}a` },
    size: { name: "m7g.large" },
    preemptible: false,
    tags: {},
    ...rest,
  };
}

/** The canonical text of a machine's ref. */
export function refOf(id: string, account = ACCOUNT): string {
  return createRef({ provider: "fake", partition: "-", account, region: REGION, kind: VirtualMachine.name, id }).key;
}

/** A provider of virtual machines that are held in memory. It stands in for a vendor where the shell is what is tested. */
export function createFakeProvider(cloud: FakeCloud): Provider {
  const kind = VirtualMachine.name;
  const observe = (call: ProviderCall, value: VirtualMachineStatus): Observation<VirtualMachineStatus> => ({
    ref: createRef({ ...call.scope, provider: "fake", partition: "-", kind, id: value.id, region: REGION }),
    value,
    view: "standard",
    observedAt: call.ctx.clock.nowMs(),
  });
  const begin = (call: ProviderCall) => {
    cloud.onCall?.(call);
    const failure = cloud.failures?.[call.scope.account];
    if (failure !== undefined) throw failure;
    call.report.vendorRequest({ operation: "fake:Describe" });
  };
  const absent = (id: string) =>
    new CloudLinkError({
      reason: "ErrResourceNotFound",
      message: `There is no machine ${id}.`,
      origin: "vendor",
      provider: "fake",
    });

  const handler: KindHandler<VirtualMachineStatus> = {
    kind: VirtualMachine,
    async get(call, { ref, native }) {
      begin(call);
      await cloud.beforeGet?.(call);
      const found = cloud.machines.find(({ id }) => id === ref.id);
      if (found === undefined) throw absent(ref.id);
      return { ...observe(call, found), ...(native && { native: { InstanceId: ref.id } }) };
    },
    async getMany(call, { refs }) {
      begin(call);
      await cloud.beforeGetMany?.(call);
      return refs.map((ref): Outcome<Observation<VirtualMachineStatus>> => {
        const found = cloud.answerOf?.(ref.id) ?? cloud.machines.find(({ id }) => id === ref.id);
        if (CloudLinkError.isInstance(found)) return { ok: false, ref, error: found };
        if (found === undefined) return { ok: false, ref, error: absent(ref.id) };
        return { ok: true, ref, state: observe(call, found) };
      });
    },
    async *list(call): AsyncGenerator<ListBatch<VirtualMachineStatus>> {
      const size = cloud.pageSize ?? 1_000;
      for (let from = 0; from === 0 || from < cloud.machines.length; from += size) {
        if (from > 0) await cloud.beforeNextPage?.(call);
        call.ctx.throwIfDone();
        begin(call);
        const next = from + size;
        yield {
          items: cloud.machines.slice(from, next).map((value) => observe(call, value)),
          cursor: next < cloud.machines.length ? String(next) : null,
        };
      }
    },
    async act(call, request) {
      begin(call);
      if (cloud.onAct !== undefined) return await cloud.onAct(request, call);
      return { state: request.dryRun ? "allowed" : "done" };
    },
    async follow(call, request) {
      begin(call);
      return (await cloud.onFollow?.(request, call)) ?? { state: "done" };
    },
  };
  const action = { operations: ["fake:Act"], dryRun: true, follow: { operations: ["fake:Describe"] } };
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      name: "fake",
      version: "1.2.3",
      displayName: "A fake cloud",
      partitions: ["-"],
      kinds: [
        {
          kind,
          major: 1,
          regional: true,
          refTemplates: [{ template: "fake:{account}:{region}:{id}", parts: { partition: "-" } }],
          get: { operations: ["fake:Describe"], views: ["standard"], native: true },
          getMany: { operations: ["fake:Describe"], views: ["standard"], maxRefs: 100 },
          list: { operations: ["fake:Describe"], views: ["standard"], pushDown: [], maxPageSize: 1_000 },
          actions: { start: action, stop: action, reboot: action },
        },
      ],
      limits: [
        {
          name: "describe",
          dimensions: ["account", "region"],
          operations: ["fake:Describe"],
          burst: 100,
          refillPerSecond: 20,
        },
      ],
      hosts: [],
      credentials: { ambient: true, parameters: ["profile"], keys: [] },
    },
    kinds: [handler],
    async identify(call) {
      cloud.onCall?.(call);
      call.report.vendorRequest({ operation: "fake:WhoAmI" });
      await cloud.beforeIdentify?.(call);
      const { profile = cloud.account ?? ACCOUNT } = call.lease.kind === "ambient" ? call.lease.parameters : {};
      const failure = cloud.failures?.[profile];
      if (failure !== undefined) throw failure;
      return { partition: "-", account: profile, principal: "somebody", regions: [REGION] };
    },
    async close() {},
  };
}
