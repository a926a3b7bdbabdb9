import { describe, expect, expectTypeOf, it } from "vitest";
import { systemClock } from "../clock.ts";
import { background } from "../context/context.ts";
import { VirtualMachine } from "../kind/compute/virtual-machine.ts";
import type { Lease } from "../lease.ts";
import { createRef } from "../ref/ref.ts";
import { createScope } from "../scope.ts";
import { type CacheRead, noCache } from "./cache.ts";
import { ambientCredentials, staticCredentials } from "./credential-broker.ts";
import { type Events, noEvents } from "./events.ts";
import { allowAll, type Permission } from "./permission.ts";
import { noTelemetry, type Telemetry } from "./telemetry.ts";

const parts = { tenant: "acme", provider: "aws", partition: "aws", account: "1", role: "default", region: "eu-west-1" };
const scope = createScope(parts);
const other = createScope({ ...parts, role: "admin" });

describe("ambientCredentials", () => {
  it("gives the calls of one scope the same lease, and another scope another", async () => {
    const broker = ambientCredentials();
    const lease = await broker.lease(background(), scope);
    expect(await broker.lease(background(), createScope(parts))).toBe(lease);
    expect(await broker.lease(background(), other)).not.toBe(lease);
    expect(lease).toMatchObject({ kind: "ambient", scope, parameters: {} });
  });

  it("hands out a new lease once the vendor has refused the old one, under an id that was never used", async () => {
    const broker = ambientCredentials();
    const ids = new Set<string>();
    for (let round = 0; round < 5; round++) {
      for (const asked of [scope, other]) {
        const lease = await broker.lease(background(), asked);
        ids.add(lease.id);
        broker.refused(lease);
      }
    }
    expect(ids.size).toBe(10);
  });

  it("does not drop the new lease when a late call reports the old one", async () => {
    const broker = ambientCredentials();
    const old = await broker.lease(background(), scope);
    broker.refused(old);
    const fresh = await broker.lease(background(), scope);
    broker.refused(old);
    expect(await broker.lease(background(), scope)).toBe(fresh);
  });

  it("steers by parameters of the scope, which it copies and freezes", async () => {
    const parameters: Record<string, string> = { profile: "prod" };
    const broker = ambientCredentials(() => parameters);
    const lease = await broker.lease(background(), scope);
    parameters.profile = "changed";
    expect(lease.kind === "ambient" && lease.parameters).toEqual({ profile: "prod" });
    expect(Object.isFrozen(lease)).toBe(true);
  });

  it("keeps the two kinds of lease apart by type: keys come as a Secret only", () => {
    type Keys = Extract<Lease, { kind: "keys" }>;
    expectTypeOf<Keys["keys"]["reveal"]>().returns.toEqualTypeOf<Readonly<Record<string, string>>>();
    expectTypeOf<Extract<Lease, { kind: "ambient" }>>().not.toHaveProperty("keys");
  });
});

describe("staticCredentials", () => {
  it("gives a scope its keys as a Secret, copied, and the same lease again", async () => {
    const keys: Record<string, string> = { accessKeyId: "AKIA", secretAccessKey: "hunter2" };
    const broker = staticCredentials(() => keys);
    const lease = await broker.lease(background(), scope);
    keys.secretAccessKey = "changed";
    expect(lease.kind === "keys" && lease.keys.reveal()).toEqual({ accessKeyId: "AKIA", secretAccessKey: "hunter2" });
    expect(JSON.stringify(lease)).not.toContain("hunter2");
    expect(await broker.lease(background(), scope)).toBe(lease);
  });

  it("has none for a scope without keys: unauthenticated, and asked again the next time", async () => {
    let keys: Record<string, string> | undefined;
    const broker = staticCredentials(() => keys);
    await expect(broker.lease(background(), scope)).rejects.toMatchObject({
      code: "unauthenticated",
      reason: "ErrCredentialsMissing",
      origin: "credentials",
    });
    keys = { accessKeyId: "AKIA" };
    await expect(broker.lease(background(), scope)).resolves.toMatchObject({ kind: "keys", scope });
  });
});

describe("the ports left out", () => {
  it("noCache keeps nothing: what was stored is not found", () => {
    const ref = createRef({
      provider: "aws",
      partition: "aws",
      account: "1",
      region: "r",
      kind: "compute.VirtualMachine",
      id: "i",
    });
    const namespace = noCache.namespace({ scope, kind: VirtualMachine });
    const fill = namespace.beginFill(systemClock);
    fill.store({ ref, value: {}, view: "standard", observedAt: 1 }, { maxAgeMs: 1_000 });
    fill.storeAbsent(ref);
    fill.storeList("all", { pages: [], seenAt: 0, vendorCalls: 1 });
    const read: CacheRead = { ref, fromView: 0, nowMs: 0, maxAgeMs: Number.POSITIVE_INFINITY, staleMs: 0 };
    expect(namespace.look(read)).toBeUndefined();
    expect(namespace.lookList({ key: "all", nowMs: 0, maxAgeMs: Number.POSITIVE_INFINITY })).toBeUndefined();
    expect(namespace.siblings({ view: 1, nowMs: 0, limit: 10 })).toEqual([]);
    // A fill that a later read must not join: nothing is known of what was invalidated since.
    expect(fill.isCurrent(ref)).toBe(false);
    expect([namespace.mostListItems, noCache.invalidate({}), noCache.use().entries]).toEqual([0, 0, 0]);
    expect(noCache.applied({ ref, occurredAt: 1 })).toBeUndefined();
  });

  it("allowAll denies nothing, noTelemetry knows no trace, and notices are taken", () => {
    const request = { action: "get", kind: "compute.VirtualMachine", provider: "aws", partition: "aws", account: "1" };
    expect(allowAll.denial(background(), request)).toBeUndefined();
    expect(noTelemetry.currentTrace()).toBeUndefined();
    expect(noTelemetry.cache("hit", { tenant: "acme", provider: "aws", kind: request.kind })).toBeUndefined();
    expect(noEvents.publish({ type: "absent", scope, kind: request.kind, ref: "r" })).toBeUndefined();
    expectTypeOf(allowAll).toEqualTypeOf<Permission>();
    expectTypeOf(noTelemetry).toEqualTypeOf<Telemetry>();
    expectTypeOf(noEvents).toEqualTypeOf<Events>();
  });
});
