import { background } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
import { createMemoryIdempotencyStore } from "./memory-idempotency-store.ts";

const ctx = background();
const named = { tenant: "acme", key: "k" };
const claim = { ...named, requestHash: "h", claimTtlMs: 1_000 };

function stored(keysPerTenant?: number) {
  const clock = createManualClock();
  return {
    clock,
    store: createMemoryIdempotencyStore({ clock, ...(keysPerTenant !== undefined && { keysPerTenant }) }),
  };
}

/** Claims a key that is free, and gives the id of the claim. */
async function claimed(store: ReturnType<typeof stored>["store"], what = claim): Promise<string> {
  const result = await store.claim(ctx, what);
  if (result.state !== "claimed") throw new TypeError(`it is ${result.state}`);
  return result.claimId;
}

describe("the memory idempotency store", () => {
  it("gives a key to the first, and tells the next what is known of it", async () => {
    const { store } = stored();
    const claimId = await claimed(store);
    expect(await store.claim(ctx, claim)).toEqual({ state: "running", requestHash: "h" });
    await store.settle(ctx, { ...named, claimId, outcome: "done", ttlMs: 5_000 });
    expect(await store.claim(ctx, { ...claim, requestHash: "other" })).toEqual({
      state: "settled",
      requestHash: "h",
      outcome: "done",
    });
  });

  it("frees a key that is released, whose claim is too old, or whose outcome is", async () => {
    const { store, clock } = stored();
    await store.release(ctx, { ...named, claimId: await claimed(store) });
    await claimed(store);
    clock.advance(1_000);
    const claimId = await claimed(store);
    await store.settle(ctx, { ...named, claimId, outcome: "done", ttlMs: 5_000 });
    clock.advance(4_999);
    expect((await store.claim(ctx, claim)).state).toBe("settled");
    clock.advance(1);
    await claimed(store);
  });

  it("takes nothing from whoever lost the claim meanwhile", async () => {
    const { store, clock } = stored();
    const late = await claimed(store);
    clock.advance(1_000);
    const own = await claimed(store);
    await store.settle(ctx, { ...named, claimId: late, outcome: "late", ttlMs: 5_000 });
    await store.release(ctx, { ...named, claimId: late });
    expect((await store.claim(ctx, claim)).state).toBe("running");
    await store.settle(ctx, { ...named, claimId: own, outcome: "own", ttlMs: 5_000 });
    expect(await store.claim(ctx, claim)).toMatchObject({ outcome: "own" });
  });

  it("keeps what it promised: a tenant that has used its keys up waits, and no other tenant does", async () => {
    const { store, clock } = stored(2);
    await claimed(store);
    await claimed(store, { ...claim, key: "l", claimTtlMs: 700 });
    expect(await failureOf(store.claim(ctx, { ...claim, key: "m" }))).toMatchObject({
      reason: "ErrQuotaExhausted",
      retry: { retryable: true, afterMs: 700 },
    });
    await claimed(store, { ...claim, tenant: "other" });
    clock.advance(700);
    await claimed(store, { ...claim, key: "m" });
    expect((await store.claim(ctx, claim)).state).toBe("running");
  });

  it("lets go of what has expired, of tenants too that act no more", async () => {
    const { store, clock } = stored(1);
    for (let tenant = 0; tenant < 50; tenant += 1) await claimed(store, { ...claim, tenant: `t${tenant}` });
    clock.advance(3_600_000);
    for (let tenant = 0; tenant < 50; tenant += 1) await claimed(store, { ...claim, tenant: `t${tenant}` });
  });

  it("never takes two keys for one, whatever is in them", async () => {
    const name = fc.record({ tenant: fc.string(), key: fc.string() });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { selector: ({ tenant, key }) => JSON.stringify([tenant, key]) }),
        async (names) => {
          const { store } = stored();
          for (const each of names) expect((await store.claim(ctx, { ...claim, ...each })).state).toBe("claimed");
          for (const each of names) expect((await store.claim(ctx, { ...claim, ...each })).state).toBe("running");
        },
      ),
    );
  });
});
