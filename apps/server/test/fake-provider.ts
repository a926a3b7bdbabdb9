import {
  type ActionRequest,
  type ActionState,
  CloudLinkError,
  CONTRACT_VERSION,
  createRef,
  type FollowRequest,
  type Observation,
  type Provider,
  type ProviderCall,
  type Ref,
  VirtualMachine,
  type VirtualMachineStatus,
} from "@cloudlink/core";

const REGION = "north";
const KIND = VirtualMachine.name;

/** What a vendor does; what is left out is answered in the simplest way. */
export interface FakeVendor {
  get?(call: ProviderCall, ref: Ref): Promise<VirtualMachineStatus>;
  /** The ids of machines, page by page; one page of two if left out. */
  list?(call: ProviderCall): AsyncIterable<readonly string[]>;
  act?(call: ProviderCall, request: ActionRequest): Promise<ActionState>;
  follow?(call: ProviderCall, request: FollowRequest): Promise<ActionState>;
}

const FAKE_ACCOUNTS = ["home", "away"] as const;

export function fakeRef(id: string, account: string = FAKE_ACCOUNTS[0]): string {
  return createRef({ provider: "fake", partition: "-", account, region: REGION, kind: KIND, id }).key;
}

export const fakeAccounts = FAKE_ACCOUNTS.map((account) => ({
  provider: "fake",
  partition: "-",
  account,
  regions: [REGION],
  role: "reader",
}));

export function fakeMachine(id: string): VirtualMachineStatus {
  return {
    ...{ id, powerState: "running", rawState: "on", billed: "yes", addresses: [], hostNames: [], preemptible: false },
    placement: { region: REGION },
    size: { name: "small" },
    tags: { team: "web" },
  };
}

function vendorSaysAbsent(id: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrResourceNotFound", message: `There is no machine ${id}.`, origin: "vendor" });
}

/** Waits for the end of a call, as a vendor's client does that is handed the signal. */
export async function untilAborted({ ctx }: ProviderCall): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (ctx.signal.aborted) reject(ctx.signal.reason);
  ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
  return await promise;
}

/** A provider whose vendor is in the test's own hand. */
export function createFakeProvider(vendor: FakeVendor): Provider {
  const observe = (call: ProviderCall, value: VirtualMachineStatus): Observation<VirtualMachineStatus> => {
    const { account, region } = call.scope;
    const ref = createRef({ provider: "fake", partition: "-", account, region, kind: KIND, id: value.id });
    return { ref, value, view: "standard", observedAt: call.ctx.clock.nowMs() };
  };
  const sent = (call: ProviderCall) => call.report.vendorRequest({ operation: "fake:Call" });
  const capability = { operations: ["fake:Call"], views: ["standard"] };
  const action = { operations: ["fake:Call"], dryRun: true, follow: { operations: ["fake:Call"] } };
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      ...{ name: "fake", version: "1.0.0", displayName: "A fake", partitions: ["-"], limits: [], hosts: [] },
      credentials: { ambient: true, parameters: [], keys: [] },
      kinds: [
        {
          ...{ kind: KIND, major: 1, regional: true },
          refTemplates: [{ template: "fake:{account}:{region}:{id}", parts: { partition: "-" } }],
          get: { ...capability, native: true },
          getMany: { ...capability, maxRefs: 100 },
          list: { ...capability, pushDown: [], maxPageSize: 1_000 },
          actions: { start: action, stop: action, reboot: action },
        },
      ],
    },
    kinds: [
      {
        kind: VirtualMachine,
        async get(call, { ref, native }) {
          sent(call);
          const value = await (vendor.get?.(call, ref) ?? fakeMachine(ref.id));
          return { ...observe(call, value), ...(native && { native: { Id: ref.id } }) };
        },
        async getMany(call, { refs }) {
          sent(call);
          return refs.map((ref) => {
            if (ref.id === "absent") return { ok: false, ref, error: vendorSaysAbsent(ref.id) };
            return { ok: true, ref, state: observe(call, fakeMachine(ref.id)) };
          });
        },
        async *list(call) {
          let page = 0;
          for await (const ids of vendor.list?.(call) ?? [["i-1", "i-2"]]) {
            sent(call);
            page += 1;
            yield { items: ids.map((id) => observe(call, fakeMachine(id))), cursor: String(page) };
          }
          yield { items: [], cursor: null };
        },
        async act(call, request) {
          sent(call);
          return (await vendor.act?.(call, request)) ?? { state: request.dryRun ? "allowed" : "done" };
        },
        async follow(call, request) {
          sent(call);
          return (await vendor.follow?.(call, request)) ?? { state: "done" };
        },
      },
    ],
    identify: async () => ({ partition: "-", account: FAKE_ACCOUNTS[0], principal: "me", regions: [REGION] }),
    close: async () => {},
  };
}
