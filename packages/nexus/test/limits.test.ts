import { background, CloudLinkError, type LimitDeclaration } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createNexus } from "../src/index.ts";
import { failureOf, throttled } from "./errors.ts";
import { fakeCredentials } from "./fake-ports.ts";
import { fakeProvider } from "./fake-provider.ts";
import { observationOf, Thing, thingRef } from "./thing.ts";

const ref = thingRef("a");

const reads: LimitDeclaration = {
  name: "reads",
  dimensions: ["account", "region"],
  operations: ["get", "getMany", "list", "polish"],
  // Two at once, and what comes back while a call is on its way.
  burst: 2.1,
  refillPerSecond: 1,
};
const metadata = { limits: [reads] };

/** A turn of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("a kernel under a vendor's limits", () => {
  it("holds back the calls that are one too many, and lets them go as the vendor's bucket refills", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ metadata, capabilities: { getMany: undefined } });
    const nexus = createNexus({ providers: [provider] });
    const gets = ["a", "b", "c", "d"].map((id) =>
      nexus.get(background({ clock }), { kind: Thing, ref: thingRef(id), maxAgeMs: 0 }),
    );
    await provider.whenCalled(2);
    await settled();
    expect(provider.requests).toHaveLength(2);
    clock.advance(1_000);
    await provider.whenCalled(3);
    clock.advance(1_000);
    await Promise.all(gets);
    expect(provider.requests).toHaveLength(4);
    // Another region of the same account is another bucket.
    await nexus.get(background({ clock }), { kind: Thing, ref: thingRef("a", { region: "south" }) });
  });

  it("refuses at once whoever cannot wait that long, and nobody else who waits for the same", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ metadata });
    const nexus = createNexus({ providers: [provider] });
    const ctx = background({ clock });
    for (const id of ["a", "b"]) await nexus.get(ctx, { kind: Thing, ref: thingRef(id) });
    const patient = nexus.get(ctx, { kind: Thing, ref });
    const hasty = await failureOf(nexus.get(ctx.withTimeout(800), { kind: Thing, ref }));
    expect(hasty).toMatchObject({
      ...{ reason: "ErrThrottled", origin: "kernel" },
      retry: { retryable: true, afterMs: 1_000 },
    });
    expect(provider.requests).toHaveLength(2);
    clock.advance(1_000);
    expect((await patient).stats.retries).toBe(0);
  });

  it("says of an action that is refused that nothing was done", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ metadata });
    const nexus = createNexus({ providers: [provider] });
    const ctx = background({ clock });
    for (const id of ["a", "b"]) await nexus.act(ctx, { kind: Thing, ref: thingRef(id), action: "polish" });
    const error = await failureOf(nexus.act(ctx.withTimeout(500), { kind: Thing, ref, action: "polish" }));
    expect(error).toMatchObject({ reason: "ErrThrottled", origin: "kernel", effect: "none" });
    expect(provider.requests).toHaveLength(2);
  });

  it("charges what a provider sends beyond the first, and each page of a list", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({
      metadata: { limits: [{ ...reads, burst: 7.1 }] },
      async get(call) {
        call.report.vendorRequest({ operation: "get" });
        call.report.vendorRequest({ operation: "of another limit" });
        return observationOf(ref);
      },
      async *list(call) {
        // The first was told of when the list was opened; the next is asked for before it is wanted.
        call.report.vendorRequest({ operation: "list" });
        yield { items: [], cursor: "1" };
        call.report.vendorRequest({ operation: "list" });
        yield { items: [], cursor: "2" };
        yield { items: [] };
      },
      capabilities: { getMany: undefined },
    });
    const nexus = createNexus({ providers: [provider] });
    const ctx = background({ clock });
    for await (const _page of nexus.list(ctx, { kind: Thing, accounts: ["1"], regions: ["north"] }));
    // Three requests of the list's, one of them ahead of the page that pays for it, and two of a get's.
    await nexus.get(ctx, { kind: Thing, ref });
    await nexus.get(ctx, { kind: Thing, ref });
    const refused = await failureOf(nexus.get(ctx.withTimeout(1_500), { kind: Thing, ref }));
    // The second get owes one.
    expect(refused).toMatchObject({ reason: "ErrThrottled", retry: { afterMs: 2_000 } });
  });

  it("charges nothing for a call that there are no credentials for", async () => {
    const clock = createManualClock();
    let isSealed = true;
    const credentials = fakeCredentials();
    const provider = fakeProvider({ metadata });
    const nexus = createNexus({
      providers: [provider],
      credentials: {
        ...credentials,
        lease: async (...asked) => {
          if (isSealed) {
            throw new CloudLinkError({ reason: "ErrCredentialsMissing", message: "Sealed.", origin: "credentials" });
          }
          return await credentials.lease(...asked);
        },
      },
    });
    const ctx = background({ clock });
    for (let call = 0; call < 10; call += 1) {
      expect(await failureOf(nexus.get(ctx, { kind: Thing, ref }))).toMatchObject({ reason: "ErrCredentialsMissing" });
    }
    isSealed = false;
    for (const id of ["a", "b"]) await nexus.get(ctx, { kind: Thing, ref: thingRef(id) });
  });

  it("waits with all calls of an account as the vendor asks one of them to", async () => {
    const clock = createManualClock();
    let throttles = 1;
    const provider = fakeProvider({
      metadata: { limits: [{ ...reads, burst: 100 }] },
      capabilities: { getMany: undefined },
      async get(_call, request) {
        if (throttles-- > 0) throw throttled(5_000);
        return observationOf(request.ref);
      },
    });
    const nexus = createNexus({ providers: [provider] });
    const ctx = background({ clock });
    const first = failureOf(nexus.get(ctx.withTimeout(4_000), { kind: Thing, ref }));
    expect(await first).toMatchObject({ origin: "vendor", retry: { afterMs: 5_000 } });
    const other = thingRef("b");
    const refused = await failureOf(nexus.get(ctx.withTenant("other").withTimeout(4_000), { kind: Thing, ref: other }));
    expect(refused).toMatchObject({ reason: "ErrThrottled", origin: "kernel" });
    expect(provider.requests).toHaveLength(1);
    const waiting = nexus.get(ctx, { kind: Thing, ref: other });
    await settled();
    clock.advance(5_000);
    clock.advance(2_000);
    await waiting;
  });

  it("does not slow down for a quota that time alone does not refill", async () => {
    const clock = createManualClock();
    const quota = new CloudLinkError({ reason: "ErrQuotaExhausted", message: "Full.", origin: "vendor" });
    const provider = fakeProvider({ metadata, act: () => Promise.reject(quota) });
    const nexus = createNexus({ providers: [provider] });
    for (const id of ["a", "b"]) {
      const acting = nexus.act(background({ clock }), { kind: Thing, ref: thingRef(id), action: "polish" });
      expect(await failureOf(acting)).toMatchObject({ reason: "ErrQuotaExhausted" });
    }
    expect(provider.requests).toHaveLength(2);
  });
});
