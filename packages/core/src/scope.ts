import { invalid } from "./error/invalid.ts";

declare const scopeBrand: unique symbol;

/** The parts that make a {@link Scope}. `role` is the credential role: who the call is made as in that account. */
export interface ScopeParts {
  readonly tenant: string;
  readonly provider: string;
  readonly partition: string;
  readonly account: string;
  readonly role: string;
  readonly region: string;
}

/**
 * Tenant × provider × partition × account × credential role × region, as one value. Cache entries, flights, batches, shared
 * errors and leases are all held per scope, so that nothing read with one tenant's rights, or with a broad role, answers
 * another's. Code that keeps things apart by scope uses `key` and never a choice of the parts; only {@link createScope} makes one.
 *
 * Invariant: two scopes have the same `key` if and only if all their parts are the same.
 */
export interface Scope extends ScopeParts {
  readonly key: ScopeKey;
  readonly [scopeBrand]: true;
}

declare const scopeKeyBrand: unique symbol;

/** The key of a {@link Scope}. Branded, so that no other string is taken for one. */
export type ScopeKey = string & { readonly [scopeKeyBrand]: true };

const partNames = ["tenant", "provider", "partition", "account", "role", "region"] as const;

/** Room for the longest part that is known, the ARN of an IAM role: 2,048 characters (IAM API, `RoleArn`). */
const LONGEST_PART = 2048;

/**
 * Makes a scope.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`) for a part that is empty, over 2,048 characters or not well-formed Unicode.
 */
export function createScope(parts: ScopeParts): Scope {
  const encoded = partNames.map((name) => {
    const part = parts[name];
    if (typeof part !== "string" || part === "" || part.length > LONGEST_PART || !part.isWellFormed()) {
      throw invalid("ErrInvalidRequest", `The ${name} of a scope is 1 to 2,048 characters of well-formed Unicode.`);
    }
    // Percent-encoding leaves no "/" in a part: joined, different parts cannot give the same key.
    return encodeURIComponent(part);
  });
  const { tenant, provider, partition, account, role, region } = parts;
  return Object.freeze({ tenant, provider, partition, account, role, region, key: encoded.join("/") }) as Scope;
}
