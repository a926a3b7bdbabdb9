import assert from "node:assert/strict";
import { background } from "../context/context.ts";
import type { OperationStore } from "../ports/operation-store.ts";
import type { PortCase } from "./port-case.ts";

const MINUTE_MS = 60_000;

const ctx = background();
const key = { tenant: "acme", id: "i" };
const operation = { ...key, ticket: "first", ttlMs: 10 * MINUTE_MS };

/** The promises of an {@link OperationStore}: whoever writes one runs them against it. */
export const operationStoreCases: readonly PortCase<OperationStore>[] = [
  {
    promise: "what was put is found as it was, and what was not is not",
    async run({ port }) {
      assert.equal(await port.find(ctx, key), undefined);
      for (const ticket of ["first", "", "\u0000\r\n{}", "déjà vu 東京 🚀", "x".repeat(100_000)]) {
        await port.put(ctx, { ...operation, ticket });
        assert.equal(await port.find(ctx, key), ticket);
      }
    },
  },
  {
    promise: "what was put is found for its TTL, counted from when it was put last",
    async run({ port, elapse }) {
      await port.put(ctx, operation);
      await elapse(9 * MINUTE_MS);
      assert.equal(await port.find(ctx, key), "first");
      await port.put(ctx, { ...operation, ticket: "second", ttlMs: 5 * MINUTE_MS - 0.25 });
      await elapse(4 * MINUTE_MS);
      assert.equal(await port.find(ctx, key), "second");
      await elapse(MINUTE_MS);
      assert.equal(await port.find(ctx, key), undefined);
    },
  },
  {
    promise: "nobody finds what is another tenant's, or named another way",
    async run({ port }) {
      const names = [
        ["acme", "i"],
        ["other", "i"],
        ["a", "b:c"],
        ["a:b", "c"],
        ["a}", "{b"],
        ["a", "}{b"],
        ["a%3Ab", "c"],
        ["é", "i"],
        ["e\u0301", "i"],
        ["", "i"],
        ["__proto__", "constructor"],
      ] as const;
      for (const [tenant, id] of names) {
        assert.equal(await port.find(ctx, { tenant, id }), undefined);
        await port.put(ctx, { ...operation, tenant, id, ticket: JSON.stringify([tenant, id]) });
      }
      for (const [tenant, id] of names)
        assert.equal(await port.find(ctx, { tenant, id }), JSON.stringify([tenant, id]));
    },
  },
];
