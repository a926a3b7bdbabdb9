import { createRef, createScope, type Lease, type Ref, type Scope, Secret, VirtualMachine } from "@cloudlink/core";

/** The region that the suite's instances are in. */
export const REGION = "us-east-1";

/** Keys as they stand in a lease. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function scopeOf(account: string): Scope {
  return createScope({
    tenant: "default",
    provider: "aws",
    partition: "aws",
    account,
    role: "conformance",
    region: REGION,
  });
}

export function refOf(scope: Scope, id: string): Ref {
  const { provider, partition, account, region } = scope;
  return createRef({ provider, partition, account, region, kind: VirtualMachine.name, id });
}

export function leaseOf(scope: Scope, { accessKeyId, secretAccessKey, sessionToken }: Keys): Lease {
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  return { id: "conformance", scope, kind: "keys", keys: new Secret(keys) };
}

/** Well formed, and nobody's. */
export const absentIds = ["i-0deadbeefdeadbeef", "i-0feedfacefeedface", "i-deadbeef"];

/** `i-` and 8 or 17 hexadecimal digits are an id; these are not. */
export const malformedIds = [
  "i-",
  "i-0deadbeefdeadbee",
  "I-0DEADBEEFDEADBEEF",
  "i-0deadbeefdeadbeeg",
  "vol-0deadbeefdeadbeef",
  "i-*",
];

/** Tags that a filter could trip over: wildcards, commas, emptiness, other scripts, names of what every object has. */
export const awkwardTags: readonly Readonly<Record<string, string>>[] = [
  { Name: "web *", team: "a,b" },
  { Name: "web ?", team: "A,B", "key with spaces": "x" },
  { Name: "web 1", team: "", 名前: "検索 & <b>" },
  { constructor: "plain", toString: "words" },
];

/** Tags with the character that escapes wildcards in a filter. moto 5.2.5 does not unescape it, so there they are left out. */
export const backslashTags: readonly Readonly<Record<string, string>>[] = [{ Name: "web \\*", team: "a\\b" }];
