import { REGION, type Subjects, type Vendor, type VendorSettings } from "@cloudlink/measure";

export const ACCOUNTS = ["111111111111", "222222222222", "333333333333"] as const;

/** Machines of each account: more than a round asks for, so that rounds are not all about the same. */
const MACHINES = 300;

/** Its own accounts' machines, with AWS's limits: whoever asks for each by itself is throttled before long. */
export const world: VendorSettings = {
  world: {
    accounts: ACCOUNTS.map((id) => ({
      id,
      accessKeys: [{ accessKeyId: `AKIA${id}WORK`, secretAccessKey: `not-a-secret-${id}` }],
    })),
    instances: ACCOUNTS.flatMap((account) =>
      [...machinesOf(account), unreadMachine(account)].map((id) => ({
        ...{ id, account, region: REGION, state: "running" as const },
      })),
    ),
    population: false,
    limits: "published",
  },
};

/** Ids of an account's machines: its own digit first, so that none is in two. */
export function machinesOf(account: string): readonly string[] {
  return Array.from({ length: MACHINES }, (_, index) => `i-${account.slice(0, 1)}${hex(index, 16)}`);
}

/** A machine of an account's that is asked for while the account is throttled, and never else: memory would answer for it. */
export function unreadMachine(account: string): string {
  return `i-${account.slice(0, 1)}${hex(MACHINES, 16)}`;
}

/** An id that EC2 could have given, and has not. */
export function absentMachine(number: number): string {
  return `i-f${hex(number, 16)}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}

/** A kernel as users set one up, with the cache. */
export function createKernel({ core, nexus, cache, aws }: Subjects, vendor: Vendor) {
  return nexus.createNexus({
    providers: [aws.aws({ endpoint: vendor.endpoint })],
    accounts: ACCOUNTS.map((account) => ({
      ...{ provider: "aws", partition: "aws", account, regions: [REGION], role: "drill" },
    })),
    credentials: core.staticCredentials(({ account }) => {
      const { accessKeyId, secretAccessKey } = vendor.accounts.find(({ id }) => id === account)?.accessKeys[0] ?? {};
      return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
    }),
    cache: cache.createMemoryCache(),
  });
}
