import { type Random, REGION, type Vendor, type VendorSettings } from "@cloudlink/measure";

/** The actions of a virtual machine, and the vendor's names for them. */
export type ActionName = "start" | "stop" | "reboot";

export const vendorNames: Readonly<Record<ActionName, string>> = {
  start: "StartInstances",
  stop: "StopInstances",
  reboot: "RebootInstances",
};

export interface Machine {
  readonly id: string;
  readonly account: string;
  readonly state: string;
}

/** Mostly machines on which the actions are possible, and some on which they are not. */
const states = [...new Array<string>(14).fill("running"), ...new Array<string>(5).fill("stopped"), "stopping"] as const;

const ACCOUNTS = ["111111111111", "222222222222", "333333333333"] as const;

/** A machine for each wish, over the accounts. */
export function planMachines(random: Random, count: number): readonly Machine[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `i-${(index + 0x1000).toString(16).padStart(17, "0")}`,
    account: random.pick(ACCOUNTS),
    state: random.pick(states),
  }));
}

export function worldOf(machines: readonly Machine[]): VendorSettings {
  const accounts = ACCOUNTS.map((id) => ({
    id,
    accessKeys: [
      { accessKeyId: `AKIA${id}WORK`, secretAccessKey: `not-a-secret-${id}` },
      { accessKeyId: `AKIA${id}DENY`, secretAccessKey: `not-a-secret-${id}`, userName: "intern", denied: ["*"] },
    ],
  }));
  const instances = machines.map(({ id, account, state }) => ({
    id,
    account,
    region: REGION,
    state: state as "running",
  }));
  return { world: { accounts, instances, population: false } };
}

/** What the vendor did, by its own account. */
export interface Deed {
  readonly action: string;
  readonly instanceId: string;
}

/** What it was asked to do, and how that ended. */
export interface VendorRequest {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The vendor's truth, by machine. */
export interface Truth {
  deeds(machine: Machine): readonly Deed[];
  requests(machine: Machine): readonly VendorRequest[];
}

const ALL = "limit=1000000";

export async function truthOf(vendor: Vendor): Promise<Truth> {
  const { actions } = (await vendor.control("GET", `actions?${ALL}`)) as { actions: readonly Deed[] };
  const { requests, dropped } = (await vendor.control("GET", `requests?${ALL}`)) as {
    requests: readonly VendorRequest[];
    dropped: number;
  };
  if (dropped > 0) throw new Error("the vendor's log was full, so it is no truth: make fewer wishes");
  const deeds = Map.groupBy(actions, ({ instanceId }) => instanceId);
  const asked = Map.groupBy(requests, ({ parameters }) => parameters["InstanceId.1"] ?? "");
  return { deeds: ({ id }) => deeds.get(id) ?? [], requests: ({ id }) => asked.get(id) ?? [] };
}
