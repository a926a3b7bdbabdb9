import type { InstanceSettings } from "./instance.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { hash32, hexOf, pick, randomFrom } from "./random.ts";

/** Many like instances in one place, for load. */
export interface FleetSettings {
  readonly account: string;
  readonly region: string;
  readonly count: number;
  /** Default: living. */
  readonly lifecycle?: Lifecycle;
}

/** The regions where the default population lives. */
const DEFAULT_REGIONS = ["us-east-1", "eu-west-1"] as const;

const PER_PLACE = 21;
const TEAMS = ["payments", "search", "platform", "données", "検索"] as const;
const ROLES = ["web", "api", "worker", "cache", "batch", "gateway"] as const;

/**
 * The default population: 21 instances in each account and region. Most live; a few are always running, always stopped,
 * terminated or shutting down, so that every state can be met at any time.
 */
export function* defaultPopulation(seed: string, accounts: readonly string[]): Generator<InstanceSettings> {
  for (const account of accounts) {
    for (const region of DEFAULT_REGIONS) {
      for (let ordinal = 0; ordinal < PER_PLACE; ordinal++) {
        const settings = memberOf({ seed, account, region, ordinal });
        yield { ...settings, ...(FIXED_STATES[ordinal] === undefined ? {} : { state: FIXED_STATES[ordinal] }) };
      }
    }
  }
}

const FIXED_STATES: Readonly<Record<number, NonNullable<InstanceSettings["state"]>>> = {
  0: "running",
  1: "stopped",
  2: "terminated",
  3: "running",
};

/** The members of a fleet, made one at a time. */
export function* fleetMembers(seed: string, fleet: FleetSettings): Generator<InstanceSettings> {
  const { account, region } = fleet;
  for (let ordinal = 0; ordinal < fleet.count; ordinal++) {
    const settings = memberOf({ seed: `${seed}/fleet`, account, region, ordinal });
    yield fleet.lifecycle === undefined ? settings : { ...settings, lifecycle: fleet.lifecycle };
  }
}

function memberOf(place: { seed: string; account: string; region: string; ordinal: number }): InstanceSettings {
  const { seed, account, region, ordinal } = place;
  const name = `${seed}/${account}/${region}/${ordinal}`;
  const random = randomFrom(hash32(name));
  const role = pick(ROLES, random());
  const env = pick(["prod", "prod", "staging", "dev"], random());
  // One launch in twenty made two instances, so a reservation holds one instance mostly, but not always.
  const launch = `${seed}/launch/${account}/${region}/${ordinal % 20 === 6 ? ordinal - 1 : ordinal}`;
  return {
    id: `i-0${hexOf(name, 16)}`,
    account,
    region,
    reservationId: `r-0${hexOf(launch, 16)}`,
    // One in eight carries the high byte that only EC2 itself understands.
    stateCodeHighByte: random() < 0.125 ? 1 + Math.floor(random() * 255) : 0,
    statusCheck: pick(["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "impaired"], random()),
    tags: {
      Name: `${role}-${env}-${String(ordinal).padStart(4, "0")}`,
      env,
      team: pick(TEAMS, random()),
      "cost-center": String(4000 + Math.floor(random() * 9) * 10),
      ...(random() < 0.1 ? { note: "naïve & <fast> “ƒünf” 🚀" } : {}),
      ...(random() < 0.3 ? { "aws:autoscaling:groupName": `${role}-${env}` } : {}),
    },
  };
}
