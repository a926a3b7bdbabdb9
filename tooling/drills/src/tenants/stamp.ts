import { createHash } from "node:crypto";
import type { Ref, ScopeParts } from "@cloudlink/core";

/** A scope in words that cannot be taken for another's, made without what is tried. */
export function stampOf({ tenant, provider, partition, account, role, region }: ScopeParts): string {
  return JSON.stringify([tenant, provider, partition, account, role, region]);
}

const OWN = "own-";

/** Digests by stamp; a drill has more scopes than are worth keeping. */
const digests = new Map<string, string>();
const MOST_DIGESTS = 100_000;

/** The id of something that one scope alone asks for: whoever else is seen with it has what is another's. */
export function ownIdOf(stamp: string): string {
  let digest = digests.get(stamp);
  if (digest === undefined) {
    if (digests.size >= MOST_DIGESTS) digests.clear();
    digest = createHash("sha256").update(stamp).digest("hex").slice(0, 20);
    digests.set(stamp, digest);
  }
  return `${OWN}${digest}`;
}

/** Whether a scope may have to do with a resource: it is where the scope is, and nobody else's own. */
export function isOf(
  scope: ScopeParts,
  ref: Pick<Ref, "provider" | "partition" | "account" | "region" | "id">,
): boolean {
  const isThere =
    ref.provider === scope.provider &&
    ref.partition === scope.partition &&
    ref.account === scope.account &&
    ref.region === scope.region;
  return isThere && (!ref.id.startsWith(OWN) || ref.id === ownIdOf(stampOf(scope)));
}
