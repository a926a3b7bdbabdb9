import { background, createScope, type LimitDeclaration, type ProviderCall } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, refused, throttled, unavailable } from "../test/errors.ts";
import { fakeCredentials, fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";
import type { Nexus } from "./nexus.ts";

const ref = thingRef("a");

/** A get that lets every backoff pass; besides those, a call that runs has two timers: its deadline, and that of the vendor's call. */
async function getPatiently(
  nexus: Nexus,
  { clock, account = "1" }: { readonly clock: ManualClock; readonly account?: string },
) {
  const get = nexus.get(background({ clock }), { kind: Thing, ref: thingRef("a", { account }) });
  let over = false;
  const outcome = get.then(
    () => "ok",
    (error: { readonly code: string }) => error.code,
  );
  const done = outcome.then(() => {
    over = true;
  });
  while (!over) {
    await Promise.race([clock.whenPending(3), done]);
    if (clock.pendingTimers === 3) clock.advanceToNext();
  }
  return await outcome;
}

describe("retries", () => {
  it("are counted on the answer and told to telemetry", async () => {
    const clock = createManualClock();
    const telemetry = fakeTelemetry();
    const failures = [unavailable(), throttled(1_500)];
    const provider = fakeProvider({
      get: async () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return observationOf(ref);
      },
    });
    const get = createNexus({ providers: [provider], telemetry }).get(background({ clock }), { kind: Thing, ref });
    for (let retry = 0; retry < 2; retry += 1) {
      await clock.whenPending(3);
      clock.advanceToNext();
    }
    const { stats } = await get;
    expect(stats).toMatchObject({ vendorCalls: 3, retries: 2 });
    expect(telemetry.delaysMs[0]).toBeLessThan(50);
    expect(telemetry.delaysMs[1]).toBeGreaterThanOrEqual(1_500);
    expect(telemetry.calls).toMatchObject([{ code: "ok", retries: 2, vendorCalls: 3 }]);
    expect(stats.durationMs).toBeCloseTo((telemetry.delaysMs[0] ?? 0) + (telemetry.delaysMs[1] ?? 0));
  });

  it("stop when the limit's budget is used up, start again as calls come through, and spend nothing of another account's", async () => {
    const clock = createManualClock();
    const bad = new Set(["1"]);
    const provider = fakeProvider({
      get: async ({ scope }, request) => {
        if (bad.has(scope.account)) throw unavailable();
        return observationOf(request.ref);
      },
    });
    const nexus = createNexus({ providers: [provider] });
    const triesOf = async (account: string) => {
      const before = provider.requests.length;
      await getPatiently(nexus, { clock, account });
      return provider.requests.length - before;
    };
    // 500 units, 14 a retry, two retries a call: 17 calls and one retry more.
    for (let call = 0; call < 17; call += 1) expect(await triesOf("1")).toBe(3);
    expect(await triesOf("1")).toBe(2);
    expect(await triesOf("1")).toBe(1);
    bad.add("2");
    expect(await triesOf("2")).toBe(3);
    bad.clear();
    for (let call = 0; call < 28; call += 1) expect(await triesOf("1")).toBe(1);
    bad.add("1");
    expect(await triesOf("1")).toBe(3);
    expect(await triesOf("1")).toBe(1);
  });
});

describe("a lease", () => {
  it("is taken for the scope of the call, and handed to the provider with it", async () => {
    const credentials = fakeCredentials();
    const provider = fakeProvider();
    const accounts = [{ provider: "fake", partition: "-", account: "1", regions: "*" as const, role: "reader" }];
    await createNexus({ providers: [provider], credentials, accounts }).get(background().withTenant("acme"), {
      kind: Thing,
      ref,
    });
    const scope = createScope({
      tenant: "acme",
      provider: "fake",
      partition: "-",
      account: "1",
      role: "reader",
      region: "north",
    });
    expect(provider.requests).toMatchObject([{ call: { scope, lease: { id: "lease-0", scope } } }]);
  });

  it("of another scope than the call's is not used", async () => {
    const credentials = fakeCredentials();
    const foreign = createScope({
      tenant: "other",
      provider: "fake",
      partition: "-",
      account: "1",
      role: "ambient",
      region: "north",
    });
    const provider = fakeProvider();
    const nexus = createNexus({
      providers: [provider],
      credentials: { ...credentials, lease: (ctx) => credentials.lease(ctx, foreign) },
    });
    const error = await failureOf(nexus.get(background(), { kind: Thing, ref }));
    expect(error).toMatchObject({ origin: "credentials", provider: "fake" });
    expect(provider.requests).toEqual([]);
  });

  it("that has expired is dropped, and the call made once more under a fresh one, at once", async () => {
    const clock = createManualClock();
    const credentials = fakeCredentials();
    const used: string[] = [];
    const provider = fakeProvider({
      get: async ({ lease }) => {
        used.push(lease.id);
        if (used.length === 1) throw refused("ErrCredentialsExpired");
        return observationOf(ref);
      },
    });
    const nexus = createNexus({ providers: [provider], credentials });
    const answer = await nexus.get(background({ clock }), { kind: Thing, ref });
    expect(used).toEqual(["lease-0", "lease-1"]);
    expect(credentials.refusals.map(({ id }) => id)).toEqual(["lease-0"]);
    expect(answer.stats).toMatchObject({ vendorCalls: 2, retries: 0 });
  });

  it("that has expired again is dropped too, and the call fails", async () => {
    const credentials = fakeCredentials();
    const provider = fakeProvider({ get: () => Promise.reject(refused("ErrCredentialsExpired")) });
    const nexus = createNexus({ providers: [provider], credentials });
    const error = await failureOf(nexus.get(background(), { kind: Thing, ref }));
    expect(error).toMatchObject({ code: "unauthenticated", reason: "ErrCredentialsExpired", provider: "fake" });
    expect(credentials.refusals.map(({ id }) => id)).toEqual(["lease-0", "lease-1"]);
    expect(provider.requests).toHaveLength(2);
  });

  it("that the vendor does not know is dropped, and nothing is tried again", async () => {
    const credentials = fakeCredentials();
    const provider = fakeProvider({ get: () => Promise.reject(refused("ErrCredentialsInvalid")) });
    const nexus = createNexus({ providers: [provider], credentials });
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref }))).reason).toBe("ErrCredentialsInvalid");
    expect(credentials.refusals.map(({ id }) => id)).toEqual(["lease-0"]);
    expect(provider.requests).toHaveLength(1);
  });

  it("that cannot be had fails the call with the broker's error, asked once", async () => {
    const credentials = fakeCredentials();
    let asked = 0;
    const lease = () => {
      asked += 1;
      return Promise.reject(refused("ErrCredentialsExpired"));
    };
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], credentials: { ...credentials, lease } });
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref }))).code).toBe("unauthenticated");
    expect([asked, provider.requests.length, credentials.refusals.length]).toEqual([1, 0, 0]);
  });
});

describe("what a provider reports", () => {
  it("reaches telemetry with the scope of the call: each request to the vendor, and what is left of a limit", async () => {
    const told: unknown[] = [];
    const telemetry = fakeTelemetry({
      vendorRequest: ({ scope, operation }) => told.push([scope.account, operation]),
      quota: ({ scope, limit, remaining }) => told.push([scope.account, limit, remaining]),
    });
    const get = async ({ report }: ProviderCall) => {
      report.vendorRequest({ operation: "x:Describe" });
      report.quota({ limit: "reads", remaining: 7 });
      return observationOf(ref);
    };
    const nexus = createNexus({ providers: [fakeProvider({ get })], telemetry });
    const { stats } = await nexus.get(background(), { kind: Thing, ref });
    expect(told).toEqual([
      ["1", "get"],
      ["1", "x:Describe"],
      ["1", "reads", 7],
    ]);
    expect(stats.vendorCalls).toBe(2);
  });
});

describe("limits", () => {
  it("that a provider declares by region keep one region's trouble from another's", async () => {
    const limit: LimitDeclaration = {
      name: "reads",
      dimensions: ["account", "region"],
      operations: ["get"],
      burst: 1,
      refillPerSecond: 1,
    };
    const clock = createManualClock();
    const provider = fakeProvider({ metadata: { limits: [limit] }, get: () => Promise.reject(unavailable()) });
    const nexus = createNexus({ providers: [provider], limits: { of: () => "none" } });
    for (let call = 0; call < 20; call += 1) await getPatiently(nexus, { clock });
    const before = provider.requests.length;
    const south = nexus.get(background({ clock }), { kind: Thing, ref: thingRef("a", { region: "south" }) });
    const failed = failureOf(south);
    for (let retry = 0; retry < 2; retry += 1) {
      await clock.whenPending(3);
      clock.advanceToNext();
    }
    await failed;
    expect(provider.requests.length - before).toBe(3);
  });
});
