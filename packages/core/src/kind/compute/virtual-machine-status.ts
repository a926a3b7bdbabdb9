/** The words of {@link PowerState}; the first stands for what a reader does not know. */
export const powerStates = [
  "unknown",
  "starting",
  "running",
  "stopping",
  "stopped",
  "suspending",
  "suspended",
  "deleting",
  "deleted",
] as const;

/** Where a virtual machine is in its life. Closed: what a vendor adds later is `unknown`, with the vendor's word in `rawState`. */
export type PowerState = (typeof powerStates)[number];

/** The words of {@link VirtualMachineStatus.billed}. */
export const billingWords = ["unknown", "yes", "no"] as const;

/** The words of {@link MachineHealth}. */
export const healthWords = ["unknown", "ok", "impaired", "initializing", "not-applicable"] as const;

/** What the vendor's own checks say of a machine that runs. */
export type MachineHealth = (typeof healthWords)[number];

/** An address of a virtual machine. */
export interface NetworkAddress {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  /** `public` where the vendor routes it from the internet. */
  readonly reach: "private" | "public";
}

/** Where a virtual machine stands. */
export interface MachinePlacement {
  /** The vendor's name of the region, in the form its API takes. */
  readonly region: string;
  readonly zone?: string;
  /** Placement group, availability set or scale set. */
  readonly group?: string;
  readonly network?: string;
  readonly subnetwork?: string;
}

/** How large it is. */
export interface MachineSize {
  /** The vendor's name of the size, such as `m7g.large`. */
  readonly name: string;
  readonly virtualCpus?: number;
  readonly memoryMiB?: number;
}

/** The live state of a virtual machine, of any vendor. Immutable. */
export interface VirtualMachineStatus {
  /** The vendor's id within account and region. */
  readonly id: string;
  readonly powerState: PowerState;
  /** The vendor's own word for the state. */
  readonly rawState: string;
  /** Why it is in this state, where the vendor says. */
  readonly stateReason?: string;
  /** Whether the vendor bills the machine's compute time in this state: a stopped Azure machine is billed, a deallocated one is not. */
  readonly billed: (typeof billingWords)[number];
  /** The name that people gave it. */
  readonly name?: string;
  readonly addresses: readonly NetworkAddress[];
  readonly hostNames: readonly string[];
  readonly placement: MachinePlacement;
  readonly size: MachineSize;
  /** The vendor's id of the image it was made from. */
  readonly image?: string;
  readonly architecture?: string;
  readonly operatingSystem?: string;
  /** Whether the vendor may take it back: a spot or preemptible machine. */
  readonly preemptible: boolean;
  /** Name to value, as the vendor has them. */
  readonly tags: Readonly<Record<string, string>>;
  /** Instants in RFC 3339, UTC. */
  readonly createdAt?: string;
  readonly startedAt?: string;
  readonly stateChangedAt?: string;
  /** From the view `health` on. */
  readonly health?: MachineHealth;
}
