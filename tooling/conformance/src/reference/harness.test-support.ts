import { createRef, createScope, type Lease, type Provider, type Scope, Secret } from "@cloudlink/core";
import type { ActionGround, Harness, Place } from "../harness.ts";
import { Bucket } from "./bucket.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";
import { Vendor, type VendorAction, type VendorBucket, VendorRefusal } from "./vendor.test-support.ts";

const keys = {
  own: "canary-5dR+own/secret==",
  other: "canary-9aQ+other/secret==",
  denied: "canary-2xW+denied/secret==",
  expired: "canary-7pL+expired/secret==",
  unknown: "canary-1zM+unknown/secret==",
};

/** What a maker of providers, sound or not, is given. */
export type MakeProvider = (vendor: Vendor) => Provider;

/** The reference provider's cloud, and how to make it misbehave; `make` puts another provider in the reference's place. */
export function createReferenceHarness(make: MakeProvider = createReferenceProvider): Harness {
  const vendor = new Vendor();
  const own = place(vendor, { account: "acme", first: 0x10, key: keys.own });
  const other = place(vendor, { account: "globex", first: 0x90, key: keys.other });
  vendor.addKey(keys.denied, { account: "acme", refusal: new VendorRefusal(403, "no") });
  vendor.addKey(keys.expired, { account: "acme", refusal: new VendorRefusal(419, "too late") });
  const refused = (key: string) => async () => ({
    lease: leaseOf(own.scope, key),
    [Symbol.asyncDispose]: async () => {},
  });
  const refuse = (status: number, message: string, waitSeconds?: number) => () => {
    throw new VendorRefusal(status, message, waitSeconds);
  };
  return {
    ...own,
    kind: Bucket,
    createProvider: () => make(vendor),
    absent: ["b-dead", "b-beef"].map((id) => refOf(own.scope, id)),
    malformed: ["b-", "B-0010", "b-00100", "../b-0010"].map((id) => refOf(own.scope, id)),
    pageSize: 4,
    otherPlace: other,
    vendorRequests: () => vendor.requests,
    actions: createGround(vendor, own.scope),
    faults: {
      hold: async () => vendor.hold(),
      throttle: async () => vendor.fail(refuse(429, "slow down", 7), { afterMs: 7_000 }),
      denied: refused(keys.denied),
      expired: refused(keys.expired),
      unknownKeys: refused(keys.unknown),
      brokenBody: async () => vendor.fail(() => JSON.parse('{"account":"acme"}'), { when: "after" }),
      cut: async () => vendor.fail(refuse(0, "the connection broke"), { when: "after" }),
      cutBefore: async () => vendor.fail(refuse(0, "the connection broke")),
      answerLost: async () => vendor.fail(refuse(0, "the connection broke"), { when: "after" }),
      serverError: async () => vendor.fail(refuse(500, "out of order")),
      echoedSecret: async (secrets) => vendor.fail(refuse(500, `no ${secrets.join(" ")}`)),
    },
  };
}

const operations: Readonly<Record<string, VendorAction>> = { lock: "LockBucket", empty: "EmptyBucket" };

function createGround(vendor: Vendor, scope: Scope): ActionGround {
  let made = 0;
  const put = (status: string) => {
    made += 1;
    const bucketId = `b-f${made.toString(16).padStart(3, "0")}`;
    vendor.put(`${scope.account}/north`, { bucketId, status, size: 1, labels: {}, objectCount: 0 });
    return refOf(scope, bucketId);
  };
  return {
    target: async () => put("OPEN"),
    wrongState: async (action) => put(action === "lock" ? "MIGRATING" : "LOCKED"),
    carriedOut: ({ ref, action }) => vendor.carriedOut(operations[action] ?? "LockBucket", ref.id),
    wait: async (ms) => vendor.advance(ms),
  };
}

const SIZE = 11;

function place(vendor: Vendor, { account, first, key }: { account: string; first: number; key: string }): Place {
  const scope = createScope({
    tenant: "default",
    provider: "memory",
    partition: "memory",
    account,
    role: "reader",
    region: "north",
  });
  vendor.addKey(key, { account });
  const buckets = Array.from({ length: SIZE }, (_, index) => bucketOf(first, index));
  for (const bucket of buckets) vendor.put(`${account}/north`, bucket);
  const present = buckets
    .slice(0, 5)
    .map(({ bucketId, size }) => ({ ref: refOf(scope, bucketId), value: { bytes: size } }));
  return { scope, present, lease: () => leaseOf(scope, key) };
}

function bucketOf(first: number, index: number): VendorBucket {
  return {
    bucketId: `b-${(first + index).toString(16).padStart(4, "0")}`,
    status: ["OPEN", "LOCKED", "MIGRATING"][index % 3] ?? "OPEN",
    size: first * 1_000 + index,
    labels: { team: index % 2 === 0 ? "red" : "blue & *?", ...(index === 1 && { "display-name": "named" }) },
    objectCount: index,
  };
}

function refOf(scope: Scope, id: string) {
  const { provider, partition, account, region } = scope;
  return createRef({ provider, partition, account, region, kind: Bucket.name, id });
}

function leaseOf(scope: Scope, key: string): Lease {
  return { id: "lease", scope, kind: "keys", keys: new Secret({ key }) };
}
