import assert from "node:assert/strict";
import { background } from "../context/context.ts";
import type { IdempotencyStore } from "../ports/idempotency-store.ts";
import type { PortCase } from "./port-case.ts";

const MINUTE_MS = 60_000;

const ctx = background();
const named = { tenant: "acme", key: "k" };
const claim = { ...named, claimId: "first", requestHash: "h", claimTtlMs: 10 * MINUTE_MS };
/** The same, by somebody else. */
const rival = { ...claim, claimId: "second", requestHash: "other" };
const settlement = { ...claim, outcome: "done", ttlMs: 50 * MINUTE_MS };

const claimed = { state: "claimed" };
const running = { state: "running", requestHash: "h" };
const settled = { state: "settled", requestHash: "h", outcome: "done" };

/** The promises of an {@link IdempotencyStore}: whoever writes one runs them against it. */
export const idempotencyStoreCases: readonly PortCase<IdempotencyStore>[] = [
  {
    promise:
      "a key is the first one's, however often it is claimed under the same id, and whoever comes next is told what is known of it",
    async run({ port }) {
      assert.deepEqual(await port.claim(ctx, claim), claimed);
      assert.deepEqual(await port.claim(ctx, claim), claimed);
      assert.deepEqual(await port.claim(ctx, rival), running);
      await port.settle(ctx, settlement);
      assert.deepEqual(await port.claim(ctx, rival), settled);
      // It is nobody's claim any more.
      assert.deepEqual(await port.claim(ctx, claim), settled);
    },
  },
  {
    promise: "of many claims of a key at once, one is claimed",
    async run({ port }) {
      const ids = Array.from({ length: 50 }, (_, index) => `claim-${index}`);
      const results = await Promise.all(ids.map((claimId) => port.claim(ctx, { ...claim, claimId })));
      assert.equal(results.filter(({ state }) => state === "claimed").length, 1);
      assert.equal(results.filter(({ state }) => state === "running").length, 49);
    },
  },
  {
    promise: "a claim that is made again stands from then on, for what was asked last",
    async run({ port, elapse }) {
      await port.claim(ctx, claim);
      await elapse(9 * MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, { ...claim, requestHash: "h2" }), claimed);
      await elapse(9 * MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), { ...running, requestHash: "h2" });
      await elapse(MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), claimed);
    },
  },
  {
    promise: "a key that is released is free, and one that was never claimed can be released",
    async run({ port }) {
      await port.release(ctx, claim);
      await port.claim(ctx, claim);
      await port.release(ctx, claim);
      await port.release(ctx, claim);
      assert.deepEqual(await port.claim(ctx, rival), claimed);
    },
  },
  {
    promise: "a claim that is neither settled nor released stands for its TTL",
    async run({ port, elapse }) {
      await port.claim(ctx, claim);
      await elapse(9 * MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), running);
      await elapse(MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), claimed);
    },
  },
  {
    promise: "an outcome stays for its own TTL, counted from when it was settled",
    async run({ port, elapse }) {
      await port.claim(ctx, claim);
      await elapse(5 * MINUTE_MS);
      await port.settle(ctx, settlement);
      await elapse(49 * MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), settled);
      await elapse(MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), claimed);
    },
  },
  {
    promise: "a claim that was lost is neither settled nor released by whoever had it",
    async run({ port, elapse }) {
      await port.claim(ctx, claim);
      await elapse(10 * MINUTE_MS);
      await port.settle(ctx, settlement);
      assert.deepEqual(await port.claim(ctx, rival), claimed);
      await port.settle(ctx, settlement);
      await port.release(ctx, claim);
      assert.deepEqual(await port.claim(ctx, claim), { state: "running", requestHash: "other" });
      await port.settle(ctx, { ...settlement, claimId: rival.claimId, outcome: "its own" });
      assert.deepEqual(await port.claim(ctx, claim), { state: "settled", requestHash: "other", outcome: "its own" });
    },
  },
  {
    promise: "an outcome is not released, nor settled again, not even by whoever settled it",
    async run({ port }) {
      await port.claim(ctx, claim);
      await port.settle(ctx, settlement);
      await port.settle(ctx, { ...settlement, outcome: "something else" });
      await port.release(ctx, claim);
      assert.deepEqual(await port.claim(ctx, rival), settled);
    },
  },
  {
    promise: "an outcome is what it was, though it is empty, long, or of any script",
    async run({ port }) {
      for (const [index, outcome] of ["", "\u0000\r\n{}", "déjà vu 東京 🚀", "x".repeat(100_000)].entries()) {
        const its = { key: `k${index}` };
        await port.claim(ctx, { ...claim, ...its });
        await port.settle(ctx, { ...settlement, ...its, outcome });
        assert.deepEqual(await port.claim(ctx, { ...rival, ...its }), { ...settled, outcome });
      }
    },
  },
  {
    promise: "TTLs are whole milliseconds or not",
    async run({ port, elapse }) {
      await port.claim(ctx, { ...claim, claimTtlMs: 10 * MINUTE_MS - 0.25 });
      assert.deepEqual(await port.claim(ctx, rival), running);
      await port.settle(ctx, { ...settlement, ttlMs: 50 * MINUTE_MS - 0.25 });
      await elapse(49 * MINUTE_MS);
      assert.deepEqual(await port.claim(ctx, rival), settled);
    },
  },
  {
    promise: "no two names are one, however alike: of another tenant, or cut another way",
    async run({ port }) {
      const names = [
        ["acme", "k"],
        ["other", "k"],
        ["a", "b:c"],
        ["a:b", "c"],
        ["a}", "{b"],
        ["a", "}{b"],
        ["a%3Ab", "c"],
        ["a/b", "c"],
        ["a", "b/c"],
        ["é", "k"],
        ["e\u0301", "k"],
        ["\ud800", "k"],
        ["\ufffd", "k"],
        ["%ud800", "k"],
        ["", "k"],
        ["k", ""],
        ["__proto__", "constructor"],
      ] as const;
      for (const [tenant, key] of names) assert.deepEqual(await port.claim(ctx, { ...claim, tenant, key }), claimed);
      for (const [tenant, key] of names) assert.deepEqual(await port.claim(ctx, { ...rival, tenant, key }), running);
    },
  },
];
