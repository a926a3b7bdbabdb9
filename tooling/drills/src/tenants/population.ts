import type { Account, AccountDirectory, ScopeParts } from "@cloudlink/core";
import { ACCOUNTS, ROLES, tenantFamilies } from "./adversarial-names.ts";

/** Where an account is: names of providers and partitions have a form, in which these are as alike as can be. */
export const providers = [
  { name: "a", partitions: ["b-c", "b"] },
  { name: "a-b", partitions: ["c", "-"] },
] as const;

export const REGIONS = ["north", "north-1"] as const;

type Seat = Pick<Account, "provider" | "partition" | "account">;

/** Each account's name is that of an account of either provider. */
export const seats: readonly Seat[] = ACCOUNTS.flatMap((account, index) =>
  providers.map(({ name, partitions }) => ({
    ...{ provider: name, account },
    partition: partitions[index % 2] as string,
  })),
);

/** Tenants who all have the same accounts, each as a role that may become another. */
export class Population {
  readonly families: readonly (readonly string[])[];
  readonly #familyOf = new Map<string, number>();
  /** How often a tenant's roles have changed. */
  readonly #changes = new Map<string, number>();
  /** The same objects as long as nothing changes, as a directory is asked for. */
  readonly #accounts = new Map<string, ReadonlyMap<string, Account>>();

  constructor(count: number) {
    this.families = tenantFamilies(count);
    for (const [index, family] of this.families.entries()) {
      for (const tenant of family) this.#familyOf.set(tenant, index);
    }
  }

  roleOf(tenant: string): string {
    const index = (this.#familyOf.get(tenant) ?? 0) + (this.#changes.get(tenant) ?? 0);
    return ROLES[index % ROLES.length] as string;
  }

  /** From now on the tenant's accounts are read as another role. */
  changeRole(tenant: string): void {
    this.#changes.set(tenant, (this.#changes.get(tenant) ?? 0) + 1);
    this.#accounts.delete(tenant);
  }

  /** The scope that a tenant reads in. */
  scopeOf(tenant: string, seat: Seat & { readonly region: string }): ScopeParts {
    return { tenant, ...seat, role: this.roleOf(tenant) };
  }

  get directory(): AccountDirectory {
    return {
      list: async ({ tenant }, { provider }) =>
        [...this.#accountsOf(tenant).values()].filter((each) => provider === undefined || each.provider === provider),
      find: ({ tenant }, seat) =>
        this.#accountsOf(tenant).get(JSON.stringify([seat.provider, seat.partition, seat.account])),
    };
  }

  #accountsOf(tenant: string): ReadonlyMap<string, Account> {
    let accounts = this.#accounts.get(tenant);
    if (accounts === undefined) {
      const role = this.roleOf(tenant);
      accounts = new Map(
        seats.map((seat) => [
          JSON.stringify([seat.provider, seat.partition, seat.account]),
          { ...seat, regions: REGIONS, role },
        ]),
      );
      this.#accounts.set(tenant, accounts);
    }
    return accounts;
  }
}
