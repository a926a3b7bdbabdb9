import { background } from "@cloudlink/core";
import { createManualClock, idempotencyStoreCases } from "@cloudlink/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
import { createMemoryIdempotencyStore } from "./memory-idempotency-store.ts";

const ctx = background();
const named = { tenant: "acme", key: "k" };
const claim = { ...named, claimId: "first", requestHash: "h", claimTtlMs: 1_000 };
/** The same, by somebody else. */
const rival = { ...claim, claimId: "second" };

function stored(bytesPerTenant?: number) {
  const clock = createManualClock();
  return {
    clock,
    store: createMemoryIdempotencyStore({ clock, ...(bytesPerTenant !== undefined && { bytesPerTenant }) }),
  };
}

describe("the memory idempotency store", () => {
  for (const { promise, run } of idempotencyStoreCases) {
    it(promise, () => {
      const { store, clock } = stored();
      return run({ port: store, elapse: (ms) => clock.advance(ms) });
    });
  }

  it("keeps what it promised: a tenant that has used its room up waits, and no other tenant does", async () => {
    const { store, clock } = stored(1_000);
    await store.claim(ctx, claim);
    await store.claim(ctx, { ...claim, key: "l", claimTtlMs: 700 });
    await store.claim(ctx, { ...claim, key: "m" });
    expect(await failureOf(store.claim(ctx, { ...claim, key: "n" }))).toMatchObject({
      reason: "ErrQuotaExhausted",
      retry: { retryable: true, afterMs: 700 },
    });
    expect((await store.claim(ctx, { ...claim, tenant: "other" })).state).toBe("claimed");
    // What was claimed is written down all the same.
    await store.settle(ctx, { ...claim, outcome: "x".repeat(2_000), ttlMs: 5_000 });
    expect((await store.claim(ctx, rival)).state).toBe("settled");
    clock.advance(5_000);
    for (const key of ["k", "l", "m"]) expect((await store.claim(ctx, { ...rival, key })).state).toBe("claimed");
  });

  it("lets go of what has expired, of tenants too that act no more", async () => {
    const { store, clock } = stored(400);
    for (const round of ["first", "second"]) {
      for (let tenant = 0; tenant < 50; tenant += 1) {
        expect((await store.claim(ctx, { ...claim, claimId: round, tenant: `t${tenant}` })).state).toBe("claimed");
      }
      clock.advance(3_600_000);
    }
  });

  it("never takes two keys for one, whatever is in them", async () => {
    const name = fc.record({ tenant: fc.string(), key: fc.string() });
    const names = fc.uniqueArray(name, { selector: ({ tenant, key }) => JSON.stringify([tenant, key]) });
    await fc.assert(
      fc.asyncProperty(names, async (all) => {
        const { store } = stored();
        for (const each of all) expect((await store.claim(ctx, { ...claim, ...each })).state).toBe("claimed");
        for (const each of all) expect((await store.claim(ctx, { ...rival, ...each })).state).toBe("running");
      }),
    );
  });
});
