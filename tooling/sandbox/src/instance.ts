import {
  type InstanceStateName,
  type Lifecycle,
  type LifecycleStep,
  type Moment,
  momentAt,
  renewalBefore,
  STATE_CODES,
} from "./lifecycle.ts";
import { hash32, hexOf, pick, randomFrom } from "./random.ts";

/** What a status check says once it has had time to run (EC2 API reference, SummaryStatus). */
export type StatusCheck = "ok" | "impaired" | "insufficient-data";

/** An instance as a test or a population describes it; all that is left out follows from the seed and the place. */
export interface InstanceSettings {
  /** `i-` and 8 or 17 hexadecimal digits. */
  readonly id?: string;
  /** Default: the first account. */
  readonly account?: string;
  /** Default: `us-east-1`. */
  readonly region?: string;
  /** A state that never changes; short for a scripted lifecycle of one step. */
  readonly state?: InstanceStateName;
  /** Default: living. */
  readonly lifecycle?: Lifecycle;
  readonly tags?: Readonly<Record<string, string>>;
  readonly instanceType?: string;
  readonly availabilityZone?: string;
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly imageId?: string;
  readonly privateIp?: string;
  /** False: an instance without a public address. */
  readonly publicIp?: string | false;
  readonly ipv6?: string | false;
  readonly platform?: "linux" | "windows";
  /** When the first launch was, as the volumes' `attachTime` shows it. Default: within half a year before the latest start. */
  readonly launchedAtMs?: number;
  /** The high byte of `instanceState.code` (0–255), which EC2 uses internally and callers must ignore. Default 0. */
  readonly stateCodeHighByte?: number;
  readonly hibernation?: boolean;
  readonly spot?: boolean;
  readonly statusCheck?: StatusCheck;
  readonly reservationId?: string;
  /** Raw XML put into the item: for elements that no client knows yet. */
  readonly extraXml?: string;
}

/** What the sandbox knows of an instance at one time: the truth that an answer is compared with. */
export interface InstanceTruth {
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly state: InstanceStateName;
  readonly stateCode: number;
  readonly sinceMs: number;
  readonly startedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly vpcId: string;
  readonly privateIp: string;
  /** Only while the instance has one: a stopped instance gives its public address back. */
  readonly publicIp: string | undefined;
}

type Resolved = Required<
  Omit<InstanceSettings, "state" | "lifecycle" | "extraXml" | "publicIp" | "ipv6" | "launchedAtMs">
> & {
  readonly launchedAtMs: number | undefined;
  readonly publicIp: string | undefined;
  readonly ipv6: string | undefined;
  readonly extraXml: string;
};

/** An instance with everything settled, its state at any time, and room for what is rendered once per state. */
export class SandboxInstance {
  readonly settings: Resolved;
  /** From when on EC2's API knows it, epoch milliseconds. */
  readonly visibleFromMs: number;
  /** Where it stands in every list: stable, unrelated to the id, reservations together. */
  readonly position: string;
  #lifecycle: Lifecycle;
  readonly #key: number;
  #moment: Moment | undefined;
  #outdated: readonly { readonly untilMs: number; readonly moment: Moment }[] = [];
  #rendered: { readonly moment: Moment; readonly xml: Buffer } | undefined;

  constructor(
    settings: InstanceSettings,
    place: { seed: string; account: string; ordinal: number; visibleFromMs?: number },
  ) {
    this.settings = resolve(settings, place);
    this.visibleFromMs = place.visibleFromMs ?? Number.NEGATIVE_INFINITY;
    const { id, reservationId } = this.settings;
    this.position = `${hexOf(`${place.seed}/order/${reservationId}`, 8)}${hexOf(`${place.seed}/order/${id}`, 8)}${id}`;
    this.#key = hash32(`${place.seed}/life/${id}`);
    this.#lifecycle =
      settings.lifecycle ??
      (settings.state === undefined
        ? { kind: "living" }
        : { kind: "scripted", steps: [{ fromMs: 0, state: settings.state }] });
  }

  get id(): string {
    return this.settings.id;
  }

  /** The state at a time; the same object for as long as nothing changes. */
  momentAt(nowMs: number): Moment {
    const moment = this.#moment;
    if (moment !== undefined && nowMs >= moment.fromMs && nowMs < moment.untilMs) return moment;
    this.#moment = momentAt({ key: this.#key, lifecycle: this.#lifecycle }, nowMs);
    return this.#moment;
  }

  /** What Describe shows: the truth, or, for a while after an action, what was true before it. */
  shownAt(nowMs: number): Moment {
    if (this.#outdated.length === 0) return this.momentAt(nowMs);
    this.#outdated = this.#outdated.filter(({ untilMs }) => nowMs < untilMs);
    return this.#outdated[0]?.moment ?? this.momentAt(nowMs);
  }

  /** Replaces the lifecycle from now on. */
  follow(lifecycle: Lifecycle): void {
    this.#outdated = [];
    this.#lifecycle = lifecycle;
    this.#moment = undefined;
  }

  /** Replaces the lifecycle from now on, as an action of EC2 does: the old state is shown for `staleMs` more. */
  changeBy(steps: readonly LifecycleStep[], on: { readonly nowMs: number; readonly staleMs: number }): void {
    const { nowMs, staleMs } = on;
    const before = { untilMs: nowMs + staleMs, moment: this.momentAt(nowMs) };
    const outdated = this.#outdated;
    this.follow({ kind: "scripted", steps });
    this.#outdated = staleMs > 0 ? [...outdated, before] : outdated;
  }

  /** Ends a life of its own where it is now: it goes on to running or stopped, and stays there. A script goes on. */
  settle(nowMs: number): void {
    if (this.#lifecycle.kind !== "living") return;
    const { state, sinceMs, startedAtMs, untilMs } = this.momentAt(nowMs);
    const before = { running: "pending", pending: "stopped" } as const;
    const steps: LifecycleStep[] = [
      {
        fromMs: Math.min(startedAtMs, sinceMs - 1),
        state: state === "running" || state === "pending" ? before[state] : "running",
      },
      { fromMs: sinceMs, state },
    ];
    if (state === "pending") steps.push({ fromMs: untilMs, state: "running" });
    if (state === "stopping") steps.push({ fromMs: untilMs, state: "stopped" });
    this.changeBy(steps, { nowMs, staleMs: 0 });
  }

  /** Whether it ran at any time up to now; EC2 does not stop an instance that never did. */
  hasRunBy(nowMs: number): boolean {
    if (this.#lifecycle.kind === "living") return true;
    return this.#lifecycle.steps.some(({ fromMs, state }) => fromMs <= nowMs && state !== "pending");
  }

  /** When it was launched for the first time: at or before the moment's start. */
  firstLaunchMs(moment: Moment): number {
    return this.settings.launchedAtMs ?? renewalBefore(hash32(`launch/${this.id}`), moment.startedAtMs);
  }

  /** What `render` made of what is shown now, made once. */
  renderedAt(nowMs: number, render: (instance: SandboxInstance, moment: Moment) => Buffer): Buffer {
    const moment = this.shownAt(nowMs);
    if (this.#rendered?.moment !== moment) this.#rendered = { moment, xml: render(this, moment) };
    return this.#rendered.xml;
  }

  truthAt(nowMs: number): InstanceTruth {
    const moment = this.momentAt(nowMs);
    const { id, account, region, tags, instanceType, availabilityZone, vpcId, privateIp, publicIp } = this.settings;
    return {
      id,
      arn: `arn:${partitionOf(region)}:ec2:${region}:${account}:instance/${id}`,
      account,
      region,
      state: moment.state,
      stateCode: stateCodeOf(this, moment),
      sinceMs: moment.sinceMs,
      startedAtMs: moment.startedAtMs,
      tags,
      instanceType,
      availabilityZone,
      vpcId,
      privateIp,
      publicIp: hasPublicAddress(moment) ? publicIp : undefined,
    };
  }
}

/** `instanceState.code` with its meaningless high byte. */
export function stateCodeOf(instance: SandboxInstance, { state }: Pick<Moment, "state">): number {
  return (instance.settings.stateCodeHighByte << 8) | STATE_CODES[state];
}

/** EC2 takes a (not elastic) public address back when an instance stops. */
export function hasPublicAddress(moment: Moment): boolean {
  return moment.state === "running" || moment.state === "pending" || moment.state === "stopping";
}

/** The partition of a region, as its ARNs begin. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

const INSTANCE_TYPES = ["t3.micro", "t3.large", "m7i.large", "m7g.xlarge", "c7g.2xlarge", "r6i.4xlarge"] as const;

function resolve(settings: InstanceSettings, place: { seed: string; account: string; ordinal: number }): Resolved {
  const region = settings.region ?? "us-east-1";
  const account = settings.account ?? place.account;
  const id = settings.id ?? `i-0${hexOf(`${place.seed}/${account}/${region}/${place.ordinal}`, 16)}`;
  if (!/^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
    throw new RangeError(`instance id ${JSON.stringify(id)}: give "i-" and 8 or 17 hexadecimal digits`);
  }
  const random = randomFrom(hash32(`${place.seed}/body/${id}`));
  const zone = settings.availabilityZone ?? `${region}${pick(["a", "b", "c"], random())}`;
  const host = hash32(`${place.seed}/address/${id}`);
  const vpcId = settings.vpcId ?? `vpc-0${hexOf(`${account}/${region}/${random() < 0.5}`, 16)}`;
  return {
    id,
    account,
    region,
    tags: settings.tags ?? {},
    instanceType: settings.instanceType ?? pick(INSTANCE_TYPES, random()),
    availabilityZone: zone,
    vpcId,
    subnetId: settings.subnetId ?? `subnet-0${hexOf(`${vpcId}/${zone}`, 16)}`,
    imageId: settings.imageId ?? `ami-0${hexOf(`image/${Math.floor(random() * 6)}/${region}`, 16)}`,
    privateIp: settings.privateIp ?? `10.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}`,
    publicIp: addressOf(
      settings.publicIp,
      random() < 0.7,
      `198.${18 + (host & 1)}.${(host >>> 8) & 255}.${(host >>> 16) & 255}`,
    ),
    ipv6: addressOf(
      settings.ipv6,
      random() < 0.25,
      `2001:db8:${(host >>> 16).toString(16)}:${(host & 0xffff).toString(16)}::1`,
    ),
    platform: settings.platform ?? (random() < 0.1 ? "windows" : "linux"),
    launchedAtMs: settings.launchedAtMs,
    stateCodeHighByte: settings.stateCodeHighByte ?? 0,
    hibernation: settings.hibernation ?? random() < 0.1,
    spot: settings.spot ?? random() < 0.08,
    statusCheck: settings.statusCheck ?? "ok",
    reservationId: settings.reservationId ?? `r-0${hexOf(`reservation/${id}`, 16)}`,
    extraXml: settings.extraXml ?? "",
  };
}

function addressOf(given: string | false | undefined, byDefault: boolean, address: string): string | undefined {
  if (given === false) return undefined;
  return given ?? (byDefault ? address : undefined);
}
