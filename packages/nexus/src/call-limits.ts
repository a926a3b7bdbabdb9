import type { LimitDeclaration, ProviderMetadata, Scope, SharedLimit } from "@cloudlink/core";

/** A limit that a call is charged to. */
export interface CallLimit extends SharedLimit {
  /** As it is declared. */
  readonly name: string;
  /** The vendor operations that are charged to it. */
  readonly operations: readonly string[];
}

/** What is about to be asked of a vendor, as far as limits see it. */
export interface ChargedCall {
  readonly scope: Scope;
  /** Vendor operations that are declared for it. */
  readonly operations: readonly string[];
  /** The one resource that it is about, by its ref's key; left out where it is about several, or none. */
  readonly resource?: string | undefined;
}

/** Every limit that a provider declares for one of a call's operations, since the vendor charges them all. */
export function callLimitsOf({ name, limits }: ProviderMetadata, call: ChargedCall): readonly CallLimit[] {
  const charged: CallLimit[] = [];
  for (const limit of limits) {
    if (!limit.operations.some((operation) => call.operations.includes(operation))) continue;
    const key = keyOf(name, { limit, call });
    if (key !== undefined) charged.push({ ...limit, key });
  }
  return charged;
}

/** What calls share the budget of: their limits; where the provider declares none for them, the account. */
export function budgetKeysOf(limits: readonly CallLimit[], scope: Scope): readonly string[] {
  if (limits.length > 0) return limits.map(({ key }) => key);
  return [[scope.provider, "", encodeURIComponent(scope.partition), encodeURIComponent(scope.account)].join("/")];
}

/**
 * The same in every process for the same bucket of the vendor's, and for no other. `undefined` where the vendor counts by resource and the call is
 * for several: each of them is charged a little, and which have how much left nobody knows.
 */
function keyOf(
  provider: string,
  { limit, call }: { readonly limit: LimitDeclaration; readonly call: ChargedCall },
): string | undefined {
  let key = `${provider}/${encodeURIComponent(limit.name)}`;
  for (const dimension of limit.dimensions) {
    const value = dimensionOf(dimension, call);
    if (value === undefined) return undefined;
    key += `/${encodeURIComponent(value)}`;
  }
  return key;
}

function dimensionOf(dimension: LimitDeclaration["dimensions"][number], call: ChargedCall): string | undefined {
  if (dimension === "resource") return call.resource;
  return dimension === "identity" ? call.scope.role : call.scope[dimension];
}
