import type { Instance, InstanceStatus } from "@aws-sdk/client-ec2";
import type { MachineHealth, NetworkAddress, PowerState, VirtualMachineStatus } from "@cloudlink/core";

/** A machine, and the account that EC2 says owns it. */
export interface OwnedMachine {
  readonly owner: string;
  readonly status: VirtualMachineStatus;
}

/** EC2's states. Of `code` only the low byte counts; the high one is for AWS's own use (EC2 API reference, InstanceState). */
const powerStates: ReadonlyMap<number, { readonly raw: string; readonly powerState: PowerState }> = new Map([
  [0, { raw: "pending", powerState: "starting" }],
  [16, { raw: "running", powerState: "running" }],
  [32, { raw: "shutting-down", powerState: "deleting" }],
  [48, { raw: "terminated", powerState: "deleted" }],
  [64, { raw: "stopping", powerState: "stopping" }],
  [80, { raw: "stopped", powerState: "stopped" }],
]);

/** EC2's word for a power state, or `undefined` where EC2 has no such state. */
export function rawStateOf(powerState: unknown): string | undefined {
  for (const state of powerStates.values()) if (state.powerState === powerState) return state.raw;
  return undefined;
}

/** The neutral state of an EC2 instance. `region` is that of the call: an answer does not repeat it. */
export function toVirtualMachine(instance: Instance, region: string): VirtualMachineStatus {
  const tags = tagsOf(instance);
  const code = instance.State?.Code;
  const known = code === undefined ? undefined : powerStates.get(code & 0xff);
  const powerState = known?.powerState ?? "unknown";
  const name = tags.Name;
  const stateReason = instance.StateReason?.Message ?? instance.StateTransitionReason;
  const stateChangedAt = changedAt(instance.StateTransitionReason);
  const { Placement: placement, CpuOptions: cpu } = instance;
  const virtualCpus = (cpu?.CoreCount ?? 0) * (cpu?.ThreadsPerCore ?? 0);
  return {
    id: instance.InstanceId ?? "",
    powerState,
    rawState: instance.State?.Name ?? known?.raw ?? "",
    ...present("stateReason", stateReason),
    billed: billed(powerState, instance),
    ...present("name", name),
    addresses: addressesOf(instance),
    hostNames: [instance.PublicDnsName, instance.PrivateDnsName].filter(isText),
    placement: {
      region,
      ...present("zone", placement?.AvailabilityZone),
      ...present("group", placement?.GroupName),
      ...present("network", instance.VpcId),
      ...present("subnetwork", instance.SubnetId),
    },
    size: { name: instance.InstanceType ?? "unknown", ...(virtualCpus > 0 && { virtualCpus }) },
    ...present("image", instance.ImageId),
    ...present("architecture", instance.Architecture),
    ...present("operatingSystem", instance.PlatformDetails),
    preemptible: instance.InstanceLifecycle === "spot",
    tags,
    // LaunchTime is when it was last started, not when it was made.
    ...present("startedAt", instance.LaunchTime?.toISOString()),
    ...present("stateChangedAt", stateChangedAt),
  };
}

/** What EC2's two status checks come to: the worse of both. */
export function toHealth(status: InstanceStatus | undefined): MachineHealth {
  const checks = [status?.InstanceStatus?.Status, status?.SystemStatus?.Status];
  const worst = (["impaired", "initializing", "insufficient-data", "not-applicable", "ok"] as const).find((each) =>
    checks.includes(each),
  );
  return worst === undefined || worst === "insufficient-data" ? "unknown" : worst;
}

/**
 * EC2 bills a running instance, and one that is stopping in order to hibernate ("Instance lifecycle" in the EC2 user guide). An answer does
 * not say whether a stopping instance that could hibernate does so.
 */
function billed(powerState: PowerState, instance: Instance): VirtualMachineStatus["billed"] {
  if (powerState === "running") return "yes";
  if (powerState === "unknown") return "unknown";
  return powerState === "stopping" && instance.HibernationOptions?.Configured === true ? "unknown" : "no";
}

/** EC2 writes the instant into its reason: "User initiated (2024-01-31 12:00:00 GMT)". */
function changedAt(reason: string | undefined): string | undefined {
  const match = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)$/.exec(reason ?? "");
  if (match === null) return undefined;
  const instant = new Date(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
}

function tagsOf(instance: Instance): Readonly<Record<string, string>> {
  // fromEntries defines own properties, so that a tag called "__proto__" is a tag.
  return Object.fromEntries(
    (instance.Tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ""]])),
  );
}

/** The primary addresses come first; each address is named once. */
function addressesOf(instance: Instance): readonly NetworkAddress[] {
  const found: NetworkAddress[] = [];
  const add = (address: string | undefined, family: NetworkAddress["family"], reach: NetworkAddress["reach"]) => {
    if (isText(address) && !found.some((each) => each.address === address)) found.push({ address, family, reach });
  };
  add(instance.PrivateIpAddress, "ipv4", "private");
  add(instance.PublicIpAddress, "ipv4", "public");
  for (const card of instance.NetworkInterfaces ?? []) {
    for (const { PrivateIpAddress } of card.PrivateIpAddresses ?? []) add(PrivateIpAddress, "ipv4", "private");
    // IPv6 addresses of EC2 are globally unique and routable, but for those of unique local ranges.
    for (const { Ipv6Address } of card.Ipv6Addresses ?? [])
      add(Ipv6Address, "ipv6", /^f[cd]/i.test(Ipv6Address ?? "") ? "private" : "public");
  }
  return found;
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/** A property that is there only if its value is. EC2 leaves elements empty where it has nothing to say. */
function present<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  return isText(value) ? ({ [name]: value } as { [Key in Name]: string }) : {};
}
