import { isIPv4, isIPv6 } from "node:net";
import type { Instance, InstanceStatus } from "@aws-sdk/client-ec2";
import type { MachineHealth, NetworkAddress, PowerState, VirtualMachineStatus } from "@cloudlink/core";
import { MalformedAnswer } from "../xml/malformed-answer.ts";

/** A machine, and the account that EC2 says owns it. */
export interface OwnedMachine {
  readonly owner: string;
  readonly status: VirtualMachineStatus;
  /** EC2's code for why it is in its state, such as `Server.InsufficientInstanceCapacity` (EC2 API reference, StateReason). */
  readonly stateReasonCode?: string;
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

/** What one of EC2's codes for a state stands for; `unknown` for a code that it did not have so far. */
export function powerStateOf(code: number | undefined): PowerState {
  return (code === undefined ? undefined : powerStates.get(code & 0xff))?.powerState ?? "unknown";
}

/** EC2's word for a power state, or `undefined` where EC2 has no such state. */
export function rawStateOf(powerState: unknown): string | undefined {
  for (const state of powerStates.values()) if (state.powerState === powerState) return state.raw;
  return undefined;
}

/** A machine as EC2 describes it. @throws MalformedAnswer for an instance without an id. */
export function ownedMachine(from: {
  readonly instance: Instance;
  readonly owner: string;
  readonly region: string;
}): OwnedMachine {
  const { instance, owner, region } = from;
  return {
    owner,
    status: toVirtualMachine(instance, region),
    ...present("stateReasonCode", instance.StateReason?.Code),
  };
}

/**
 * The neutral state of an EC2 instance. `region` is that of the call: an answer does not repeat it.
 *
 * @throws MalformedAnswer for an instance without an id.
 */
export function toVirtualMachine(instance: Instance, region: string): VirtualMachineStatus {
  if (!isText(instance.InstanceId)) throw new MalformedAnswer("an instance without an id");
  const tags = tagsOf(instance);
  const code = instance.State?.Code;
  const known = code === undefined ? undefined : powerStates.get(code & 0xff);
  const powerState = known?.powerState ?? "unknown";
  const name = tags.Name;
  const stateReason = instance.StateReason?.Message || instance.StateTransitionReason;
  const stateChangedAt = changedAt(instance.StateTransitionReason);
  const { Placement: placement, CpuOptions: cpu } = instance;
  const virtualCpus = (cpu?.CoreCount ?? 0) * (cpu?.ThreadsPerCore ?? 0);
  return {
    id: instance.InstanceId,
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
    size: {
      name: instance.InstanceType || "unknown",
      ...(Number.isSafeInteger(virtualCpus) && virtualCpus > 0 && { virtualCpus }),
    },
    ...present("image", instance.ImageId),
    ...present("architecture", instance.Architecture),
    ...present("operatingSystem", instance.PlatformDetails),
    preemptible: instance.InstanceLifecycle === "spot",
    tags,
    // LaunchTime is when it was last started, not when it was made.
    ...present("startedAt", instantOf(instance.LaunchTime)),
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
 * EC2 bills a running instance, and one that is stopping in order to hibernate ("Instance lifecycle" in the EC2 user guide). Which of the
 * two a stopping instance does that could hibernate, its reason says (`StateReason` in the EC2 API reference), if it has one.
 */
function billed(powerState: PowerState, instance: Instance): VirtualMachineStatus["billed"] {
  if (powerState === "running") return "yes";
  if (powerState === "unknown") return "unknown";
  if (powerState !== "stopping" || instance.HibernationOptions?.Configured !== true) return "no";
  const why = instance.StateReason?.Code;
  if (!isText(why)) return "unknown";
  return why === "Client.UserInitiatedHibernate" ? "yes" : "no";
}

/** EC2 writes the instant into its reason: "User initiated (2024-01-31 12:00:00 GMT)". */
function changedAt(reason: string | undefined): string | undefined {
  const match = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)$/.exec(reason ?? "");
  if (match === null) return undefined;
  return instantOf(new Date(`${match[1]}T${match[2]}Z`));
}

/** RFC 3339 has years of four digits; no instance has others. */
function instantOf(date: Date | undefined): string | undefined {
  const year = date?.getUTCFullYear() ?? Number.NaN;
  return year >= 0 && year <= 9999 ? date?.toISOString() : undefined;
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
    if (address === undefined || !isAddress[family](address)) return;
    if (!found.some((each) => each.address === address)) found.push({ address, family, reach });
  };
  add(instance.PrivateIpAddress, "ipv4", "private");
  add(instance.PublicIpAddress, "ipv4", "public");
  for (const card of instance.NetworkInterfaces ?? []) {
    for (const { PrivateIpAddress } of card.PrivateIpAddresses ?? []) add(PrivateIpAddress, "ipv4", "private");
    // IPv6 addresses of EC2 are globally unique and routable, but for those of unique local ranges (RFC 4193).
    for (const { Ipv6Address } of card.Ipv6Addresses ?? [])
      add(Ipv6Address, "ipv6", /^f[cd]/i.test(Ipv6Address ?? "") ? "private" : "public");
  }
  return found;
}

const isAddress: Readonly<Record<NetworkAddress["family"], (text: string) => boolean>> = {
  ipv4: isIPv4,
  // A zone ("%eth0") means something on the machine alone.
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
};

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/** A property that is there only if its value is. EC2 leaves elements empty where it has nothing to say. */
function present<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  return isText(value) ? ({ [name]: value } as { [Key in Name]: string }) : {};
}
