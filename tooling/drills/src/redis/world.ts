import { REGION, type VendorSettings } from "@cloudlink/measure";

export const ACCOUNTS = ["111111111111", "222222222222", "333333333333"] as const;

/** An account that replicas want more of than its limit gives, while Redis is away. */
export const RUSHED_ACCOUNT = "444444444444";

/** Its machines. */
const RUSHED = 40;

/** Machines of each account that are read all the time. */
const READ = 50;

/** Machines of each account, for each outage and use, that are read by nobody else: see {@link SetAside}. */
const SET_ASIDE = 14;

/** AWS's published limits are on: without Redis each replica asks for itself, and has to keep within them all the same. */
export function worldOf(outages: number): VendorSettings {
  const ids = (account: string) => [
    ...machinesReadIn(account),
    ...Array.from({ length: outages }, (_, outage) => [
      ...machinesSetAside({ account, outage, use: "invalidated" }),
      ...machinesSetAside({ account, outage, use: "shared" }),
    ]).flat(),
  ];
  return {
    world: {
      accounts: [...ACCOUNTS, RUSHED_ACCOUNT].map((id) => ({
        id,
        accessKeys: [{ accessKeyId: `AKIA${id}WORK`, secretAccessKey: `not-a-secret-${id}` }],
      })),
      instances: [
        ...ACCOUNTS.flatMap((account) => ids(account).map((id) => ({ id, account }))),
        ...rushedMachines().map((id) => ({ id, account: RUSHED_ACCOUNT })),
      ].map((each) => ({ ...each, region: REGION, state: "running" as const })),
      population: false,
      limits: "published",
    },
  };
}

export function machinesReadIn(account: string): readonly string[] {
  return Array.from({ length: READ }, (_, index) => `i-${account.slice(0, 1)}${hex(index)}`);
}

export function rushedMachines(): readonly string[] {
  return Array.from({ length: RUSHED }, (_, index) => `i-${RUSHED_ACCOUNT.slice(0, 1)}${hex(index)}`);
}

/** What a machine that is set aside is for. */
export interface SetAside {
  readonly account: string;
  /** Which of the outages. */
  readonly outage: number;
  /** To be invalidated while Redis is away, or to be fetched by one replica and asked for at the other when it is back. */
  readonly use: "invalidated" | "shared";
}

export function machinesSetAside({ account, outage, use }: SetAside): readonly string[] {
  const first = 0x1000 * (outage + 1) + (use === "shared" ? 0x800 : 0);
  return Array.from({ length: SET_ASIDE }, (_, index) => `i-${account.slice(0, 1)}${hex(first + index)}`);
}

function hex(number: number): string {
  return number.toString(16).padStart(16, "0");
}
