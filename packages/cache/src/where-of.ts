import type { Scope } from "@cloudlink/core";

/** Where a resource is, whoever sees it. */
export type Where = Pick<Scope, "provider" | "partition" | "account" | "region">;

/** A text for it. Neither can be cut another way to give the same. */
export function whereOf({ provider, partition, account, region }: Where): string {
  return JSON.stringify([provider, partition, account, region]);
}
