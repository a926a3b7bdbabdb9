import type { Account, Observation, Provider, ProviderCall, Ref, VirtualMachineStatus } from "@cloudlink/core";
import type { Subjects } from "@cloudlink/measure";
import type { Fleet } from "./fleet.ts";
import { REGIONS, VENDOR_MS } from "./shape.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const NAME = "fleet";
const PARTITION = "-";

/** A vendor that has the machines of a fleet: an account per tenant. It counts its calls, however many machines one asks for. */
export interface FleetVendor {
  readonly provider: Provider;
  readonly calls: number;
}

export function createFleetVendor(
  { CONTRACT_VERSION, VirtualMachine }: Subjects["core"],
  world: { readonly fleet: Fleet; readonly clock: VirtualClock },
): FleetVendor {
  const { fleet, clock } = world;
  let calls = 0;
  /** By machine, stopped and running. The same object each time: to make and freeze it anew is no part of what is simulated. */
  const statuses: [VirtualMachineStatus?, VirtualMachineStatus?][] = [];
  const statusNow = (ref: Ref) => {
    const machine = machineOf(ref);
    const state = fleet.isRunning(machine, clock.monotonicMs()) ? 1 : 0;
    statuses[machine] ??= [];
    const known = statuses[machine];
    known[state] ??= statusOf(ref, state === 1);
    return known[state];
  };

  /** It reads the state when the request comes, and answers when its time is over. */
  async function ask(
    { report }: ProviderCall,
    request: { readonly operation: string; readonly refs: readonly Ref[]; readonly view: string },
  ): Promise<readonly Observation<VirtualMachineStatus>[]> {
    const { operation, refs, view } = request;
    report.vendorRequest({ operation });
    calls += 1;
    const observedAt = clock.nowMs();
    const observations = refs.map((ref) => ({ ref, view, observedAt, value: statusNow(ref) }));
    await new Promise<void>((resolve) => clock.schedule(resolve, { delayMs: VENDOR_MS }));
    return observations;
  }

  const provider: Provider = {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      ...{ name: NAME, version: "1.0.0", displayName: "A fleet", partitions: [PARTITION], limits: [], hosts: [] },
      credentials: { ambient: true, parameters: [], keys: [] },
      kinds: [
        {
          ...{ kind: VirtualMachine.name, major: 1, regional: true, refTemplates: [] },
          get: { operations: ["get"], views: ["standard"] },
          getMany: { operations: ["getMany"], views: ["standard"], maxRefs: 200 },
        },
      ],
    },
    kinds: [
      {
        kind: VirtualMachine,
        async get(call, { ref, view }) {
          const [observation] = await ask(call, { operation: "get", refs: [ref], view });
          return observation as Observation<VirtualMachineStatus>;
        },
        async getMany(call, { refs, view }) {
          const states = await ask(call, { operation: "getMany", refs, view });
          return states.map((state) => ({ ok: true, ref: state.ref, state }));
        },
      },
    ],
    identify: () => Promise.reject(new Error("its accounts are given")),
    close: async () => {},
  };
  return {
    provider,
    get calls() {
      return calls;
    },
  };
}

export function accountOf(tenant: string): Account {
  return { provider: NAME, partition: PARTITION, account: tenant, regions: REGIONS, role: "reader" };
}

export function machineRef(
  { createRef, VirtualMachine }: Subjects["core"],
  machine: { readonly tenant: string; readonly region: string; readonly index: number },
): Ref {
  const { tenant, region, index } = machine;
  const place = { provider: NAME, partition: PARTITION, account: tenant, region };
  return createRef({ ...place, kind: VirtualMachine.name, id: String(index) });
}

function machineOf({ id }: Ref): number {
  return Number(id);
}

function statusOf({ id, region }: Ref, isRunning: boolean): VirtualMachineStatus {
  return {
    ...{ id, powerState: isRunning ? "running" : "stopped", rawState: isRunning ? "on" : "off" },
    ...{ billed: isRunning ? "yes" : "no", addresses: [], hostNames: [] },
    ...{ placement: { region }, size: { name: "small" }, preemptible: false, tags: { team: "web" } },
  };
}
