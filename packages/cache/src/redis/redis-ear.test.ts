import { EventEmitter } from "node:events";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { RedisClient } from "./redis-client.ts";
import { RedisEar } from "./redis-ear.ts";
import { RedisKeys } from "./redis-keys.ts";

/** A client, and connections made like it, of which none succeeds until it is told to. */
class FakeRedis extends EventEmitter {
  readonly isCluster = false;
  status = "ready";
  made = 0;
  succeeds = false;
  last: FakeRedis | undefined;

  duplicate(): FakeRedis {
    this.made += 1;
    this.last = new FakeRedis();
    this.last.succeeds = this.succeeds;
    return this.last;
  }

  async connect(): Promise<void> {
    if (!this.succeeds) throw new Error("Connection is closed.");
  }

  async subscribe(): Promise<void> {}
  async publish(): Promise<void> {}
  disconnect(): void {}
}

describe("the connection that words are heard on", () => {
  let clock: ManualClock;
  let redis: FakeRedis;
  let told: string[];

  beforeEach(() => {
    clock = createManualClock();
    redis = new FakeRedis();
    told = [];
  });

  function listen(): void {
    const ear = new RedisEar({
      redis: redis as unknown as RedisClient,
      keys: new RedisKeys("test"),
      processId: "one",
      listener: {
        heard: () => told.push("heard"),
        lost: () => told.push("lost"),
        regained: () => told.push("regained"),
      },
      clock,
      loadLog: async () => ({ position: 1, entries: [] }),
    });
    onTestFinished(() => ear.close());
  }

  /** How many are made in a time that passes a little at a time. */
  async function madeWithin(ms: number): Promise<number> {
    const before = redis.made;
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
    return redis.made - before;
  }

  it("is made again and again, each second or two times in one", async () => {
    listen();
    expect(await madeWithin(400)).toBeGreaterThanOrEqual(2);
    await madeWithin(2_000);
    const made = await madeWithin(20_000);
    expect(made).toBeGreaterThanOrEqual(19);
    expect(made).toBeLessThanOrEqual(40);
  });

  it("is made soon again when one that was heard on is lost", async () => {
    listen();
    await madeWithin(5_000);
    redis.succeeds = true;
    await madeWithin(1_010);
    expect(told.at(-1)).toBe("regained");
    redis.last?.emit("end");
    expect(told.at(-1)).toBe("lost");
    expect(await madeWithin(110)).toBe(1);
    expect(told.at(-1)).toBe("regained");
  });

  it("is not made while its client is ended, and is once that is connected again", async () => {
    listen();
    redis.status = "end";
    expect(await madeWithin(5_000)).toBe(0);
    expect(told.at(-1)).toBe("lost");
    redis.status = "ready";
    redis.succeeds = true;
    redis.emit("ready");
    await new Promise(setImmediate);
    expect(told.at(-1)).toBe("regained");
  });

  it("is not made to an ended client at all", async () => {
    redis.status = "end";
    listen();
    expect([await madeWithin(5_000), redis.made, told]).toEqual([0, 0, ["lost"]]);
  });

  it("says nothing any more once it was given up", async () => {
    redis.succeeds = true;
    listen();
    await new Promise(setImmediate);
    const first = redis.last;
    first?.emit("message", new RedisKeys("test").words, "{}");
    first?.emit("end");
    first?.emit("message", new RedisKeys("test").words, "{}");
    expect(told).toEqual(["regained", "heard", "lost"]);
  });
});
