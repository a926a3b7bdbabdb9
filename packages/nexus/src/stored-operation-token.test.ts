import { createHash, randomBytes } from "node:crypto";
import { type ActionState, background, CloudLinkError, type Context, type OperationStore } from "@cloudlink/core";
import { createManualClock, operationStoreCases } from "@cloudlink/core/testing";
import { describe, expect, it, vi } from "vitest";
import { failureOf, unavailable } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { createMemoryOperationStore } from "../test/memory-operation-store.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus, type NexusSettings } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
const polish = { kind: Thing, ref, action: "polish" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

const running = (token: string): ActionState => ({ state: "running", token, pollAfterMs: 500 });

/** A kernel whose provider tells these states, one after the other, and what it was asked about. */
function replica(states: readonly ActionState[], settings: Partial<NexusSettings> = {}) {
  const script = [...states];
  const next = async (): Promise<ActionState> => script.shift() ?? Promise.reject(new TypeError("the script is over"));
  const provider = fakeProvider({ act: next, follow: next });
  const nexus = createNexus({ providers: [provider], ...settings });
  const asked = () => provider.requests.flatMap((each) => (each.method === "follow" ? [each.request.token] : []));
  return { nexus, asked };
}

async function issued(operations: OperationStore, from: Context = ctx): Promise<string> {
  return (await replica([running("1")], { operations }).nexus.act(from, polish)).token;
}

describe("the memory operation store of tests", () => {
  for (const { promise, run } of operationStoreCases) {
    it(promise, () => {
      const clock = createManualClock();
      return run({ port: createMemoryOperationStore(clock), elapse: (ms) => clock.advance(ms) });
    });
  }
});

describe("Meaning 13: an operation's token, where a store keeps what it stands for", () => {
  it("goes on with the operation in every kernel that shares the store, without a common key", async () => {
    const operations = createMemoryOperationStore();
    const { nexus, asked } = replica([{ state: "done" }], { operations });
    const operation = await nexus.operation(ctx, { token: await issued(operations) });
    expect(operation).toMatchObject({ ref, action: "polish", status: { state: "done" } });
    expect(asked()).toEqual(["1"]);
  });

  it("is 32 random bytes, of which the store is given a digest", async () => {
    const operations = createMemoryOperationStore();
    const token = await issued(operations);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(await issued(operations)).not.toBe(token);
    const id = createHash("sha256").update(token).digest("base64url");
    expect([...operations.texts.keys()]).toContain(JSON.stringify(["default", id]));
    expect(JSON.stringify([...operations.texts])).not.toContain(token);
  });

  it("stays the same while the operation goes on, and leads to what the provider said last", async () => {
    const memory = createMemoryOperationStore();
    const put = vi.fn(memory.put);
    const operations: OperationStore = { ...memory, put };
    const token = await issued(operations);
    const { nexus, asked } = replica([running("2"), running("2"), { state: "done" }], { operations });
    const tokens = [];
    for (let round = 0; round < 4; round += 1) tokens.push((await nexus.operation(ctx, { token })).token);
    expect(tokens).toEqual([token, token, token, token]);
    expect(asked()).toEqual(["1", "2", "2"]);
    expect(memory.texts.size).toBe(1);
    // Accepted, come further, and done: what is as it was is not written again.
    expect(put).toHaveBeenCalledTimes(3);
  });

  it("is not taken if it was altered, is another tenant's or another store's", async () => {
    const operations = createMemoryOperationStore();
    const token = await issued(operations);
    const altered = `${token.startsWith("A") ? "B" : "A"}${token.slice(1)}`;
    const { nexus, asked } = replica([], { operations });
    const foreign = [
      nexus.operation(ctx, { token: altered }),
      nexus.operation(ctx, { token: `${token}A` }),
      nexus.operation(ctx, { token: 7 as never }),
      nexus.operation(ctx.withTenant("other"), { token }),
      replica([], { operations: createMemoryOperationStore() }).nexus.operation(ctx, { token }),
      replica([]).nexus.operation(ctx, { token }),
    ];
    for (const each of foreign) {
      expect(await failureOf(each)).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidOperationToken" });
    }
    expect(asked()).toEqual([]);
  });

  it("is good for the role that acted, and no other", async () => {
    const operations = createMemoryOperationStore();
    const account = { provider: "fake", partition: "-", account: "1", regions: ["north"], role: "writer" };
    const { nexus } = replica([], { operations, accounts: [account] });
    const error = await failureOf(nexus.operation(ctx, { token: await issued(operations) }));
    expect(error.reason).toBe("ErrInvalidOperationToken");
  });

  it.each(["{", "null", "7", '{"version":2,"ticket":{}}'])("is not taken where %s is kept", async (text) => {
    const operations = createMemoryOperationStore();
    const token = await issued(operations);
    const garbled: OperationStore = { ...operations, find: async () => text };
    const error = await failureOf(replica([], { operations: garbled }).nexus.operation(ctx, { token }));
    expect(error.reason).toBe("ErrInvalidOperationToken");
  });

  it("expires after a day, which is known for a day more", async () => {
    const clock = createManualClock();
    const operations = createMemoryOperationStore(clock);
    const past = background({ clock });
    const token = await issued(operations, past);
    const { nexus } = replica([running("1"), running("2")], { operations });
    clock.advance(DAY_MS - 2);
    expect((await nexus.operation(past, { token })).status.state).toBe("running");
    clock.advance(1);
    // What is written anew expires when it did before.
    expect((await nexus.operation(past, { token })).token).toBe(token);
    clock.advance(1);
    const expired = { code: "failed_precondition", reason: "ErrExpiredOperationToken", ref: ref.key };
    expect(await failureOf(nexus.operation(past, { token }))).toMatchObject(expired);
    clock.advance(DAY_MS - 1);
    expect(await failureOf(nexus.operation(past, { token }))).toMatchObject(expired);
    clock.advance(1);
    expect((await failureOf(nexus.operation(past, { token }))).reason).toBe("ErrInvalidOperationToken");
  });

  it("may be a signed one, of a kernel that had no store", async () => {
    const tokenKey = randomBytes(32);
    const { token } = await replica([running("1")], { tokenKey }).nexus.act(ctx, polish);
    const operations = createMemoryOperationStore();
    const followed = await replica([running("1")], { tokenKey, operations }).nexus.operation(ctx, { token });
    expect(followed.token).not.toBe(token);
    const other = replica([{ state: "done" }], { operations });
    expect((await other.nexus.operation(ctx, { token: followed.token })).status.state).toBe("done");
  });
});

describe("where the store of operations does not answer", () => {
  const broken: OperationStore = {
    put: () => Promise.reject(unavailable()),
    find: () => Promise.reject(unavailable()),
  };
  const silent: OperationStore = { put: () => new Promise(() => {}), find: () => new Promise(() => {}) };

  const neverPut = (asked: () => void): OperationStore => ({
    ...silent,
    put: () => {
      asked();
      return silent.put(ctx, { tenant: "", id: "", ticket: "", ttlMs: 0 });
    },
  });

  it("an action is answered all the same, with a token that is good where the key is", async () => {
    const tokenKey = randomBytes(32);
    const states = [running("1"), running("1"), { state: "done" }] as const;
    const { nexus } = replica(states, { operations: broken, tokenKey });
    const { token, status } = await nexus.act(ctx, polish);
    expect(status.state).toBe("running");
    expect((await nexus.operation(ctx, { token })).status.state).toBe("running");
    const other = replica([{ state: "done" }], { operations: broken, tokenKey });
    expect((await other.nexus.operation(ctx, { token })).status.state).toBe("done");
  });

  it("an action is answered within half the time that its caller has left, and within two seconds", async () => {
    for (const [timeoutMs, answeredMs] of [
      [800, 400],
      [60_000, 2_000],
    ] as const) {
      const clock = createManualClock();
      const asked = Promise.withResolvers<void>();
      const operations = neverPut(asked.resolve);
      const acting = replica([running("1")], { operations }).nexus.act(
        background({ clock }).withTimeout(timeoutMs),
        polish,
      );
      await asked.promise;
      expect(clock.pendingDelaysMs).toContain(answeredMs);
      clock.advance(answeredMs);
      expect((await acting).token).toMatch(/^1\..*\./);
    }
  });

  it("an action is answered whose caller leaves meanwhile: it was accepted", async () => {
    using leaving = ctx.withCancel();
    const asked = Promise.withResolvers<void>();
    const operations = neverPut(asked.resolve);
    const acting = replica([running("1")], { operations }).nexus.act(leaving, polish);
    await asked.promise;
    leaving.cancel();
    expect((await acting).status.state).toBe("running");
  });

  it("an operation that has come further keeps its token, which leads to what was kept before", async () => {
    const operations = createMemoryOperationStore();
    const token = await issued(operations);
    const full: OperationStore = { ...operations, put: () => Promise.reject(unavailable()) };
    expect((await replica([running("2")], { operations: full }).nexus.operation(ctx, { token })).token).toBe(token);
    const { nexus, asked } = replica([{ state: "done" }], { operations });
    expect((await nexus.operation(ctx, { token })).status.state).toBe("done");
    expect(asked()).toEqual(["1"]);
  });

  it("an operation cannot be followed by its token, and that is no fault of the token's", async () => {
    const token = await issued(createMemoryOperationStore());
    const error = await failureOf(replica([], { operations: broken }).nexus.operation(ctx, { token }));
    expect(error).toMatchObject({ code: "unavailable", operation: "operation" });
    const clock = createManualClock();
    const { nexus } = replica([], { operations: silent });
    const patient = failureOf(nexus.operation(background({ clock }), { token }));
    const hasty = failureOf(nexus.operation(background({ clock }).withTimeout(100), { token }));
    await clock.whenPending(2);
    clock.advance(2_000);
    expect(await patient).toMatchObject({ code: "unavailable", reason: "ErrStoreUnavailable" });
    expect((await hasty).code).toBe("deadline_exceeded");
  });

  it("a failure of the store is not taken for one of the action's", async () => {
    const error = new CloudLinkError({ reason: "ErrQuotaExhausted", message: "Full.", origin: "cache" });
    const operations: OperationStore = { ...broken, put: () => Promise.reject(error) };
    const { nexus } = replica([{ state: "done" }], { operations });
    expect((await nexus.act(ctx, { ...polish, idempotencyKey: "k" })).status.state).toBe("done");
    expect((await nexus.act(ctx, { ...polish, idempotencyKey: "k" })).replayed).toBe(true);
  });
});
