import type { Observation, Provider, Ref, VirtualMachineStatus } from "@cloudlink/core";
import type { Subjects } from "@cloudlink/measure";

const NAME = "attic";

/** The one account and region of the attic. */
export const ATTIC = { provider: NAME, partition: "-", account: "home", region: "north" } as const;

/** A vendor in this process that answers at once, one machine a call, and counts. */
export interface Attic {
  readonly provider: Provider;
  readonly calls: number;
}

/** @param settings - `statusOf`: what its machines look like; small ones, if left out. */
export function createAttic(
  { CONTRACT_VERSION, VirtualMachine }: Subjects["core"],
  settings: { statusOf?(ref: Ref): VirtualMachineStatus } = {},
): Attic {
  const look = settings.statusOf ?? statusOf;
  let calls = 0;
  const provider: Provider = {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      ...{
        name: NAME,
        version: "1.0.0",
        displayName: "The attic",
        partitions: [ATTIC.partition],
        limits: [],
        hosts: [],
      },
      credentials: { ambient: true, parameters: [], keys: [] },
      kinds: [
        {
          ...{ kind: VirtualMachine.name, major: 1, regional: true, refTemplates: [] },
          get: { operations: ["get"], views: ["standard"] },
        },
      ],
    },
    kinds: [
      {
        kind: VirtualMachine,
        async get({ ctx, report }, { ref, view }): Promise<Observation<VirtualMachineStatus>> {
          calls += 1;
          report.vendorRequest({ operation: "get" });
          return { ref, view, observedAt: ctx.clock.nowMs(), value: look(ref) };
        },
      },
    ],
    identify: () => Promise.reject(new Error("its account is given")),
    close: async () => {},
  };
  return {
    provider,
    get calls() {
      return calls;
    },
  };
}

export function statusOf({ id, region }: Pick<Ref, "id" | "region">): VirtualMachineStatus {
  return {
    ...{ id, powerState: "running", rawState: "on", billed: "yes", addresses: [], hostNames: [] },
    ...{ placement: { region }, size: { name: "small" }, preemptible: false, tags: { team: "web" } },
  };
}
