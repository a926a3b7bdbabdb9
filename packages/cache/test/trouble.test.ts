import { systemClock } from "@cloudlink/core";
import { type RedisNode, startRedis, startToxiproxy, type Toxiproxy } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { aRef, areJoined, place, type SharedProcess, sharedProcess, stateOf } from "./shared-process.ts";

describe("a cache whose Redis is in trouble", () => {
  let server: RedisNode;
  let proxies: Toxiproxy;

  beforeAll(async () => {
    [server, proxies] = await Promise.all([startRedis(), startToxiproxy()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), proxies.stop()]);
  });
  beforeEach(async () => {
    await server.command(["FLUSHALL"]);
  });

  const process = (port = server.port, options = {}) =>
    sharedProcess(new Redis({ port, host: "127.0.0.1", retryStrategy: () => 50, maxRetriesPerRequest: 0, ...options }));

  /** No look takes longer than it is given, and most take nothing: after the first the store is not asked. */
  async function looksAreBounded({ cache, further }: SharedProcess): Promise<void> {
    const looks = Array.from({ length: 1_000 }, () => further(aRef()));
    expect(await Promise.all(looks)).toEqual(looks.map(() => undefined));
    const { failed } = cache.use().shared ?? { failed: 0 };
    for (let round = 0; round < 100; round += 1) expect(await further(aRef())).toBeUndefined();
    // One probe or two may have come between.
    expect((cache.use().shared?.failed ?? 0) - failed).toBeLessThanOrEqual(5);
  }

  const troubles: readonly {
    readonly what: string;
    readonly says: RegExp;
    begin(): Promise<void> | void;
    end(): Promise<void> | void;
  }[] = [
    {
      what: "is killed",
      says: /^it (is not connected|cannot be reached)$/,
      begin: () => server.kill(),
      end: () => server.restart(),
    },
    {
      what: "is frozen",
      says: /^it does not answer in time$/,
      begin: () => server.freeze(),
      end: () => server.thaw(),
    },
  ];

  for (const { what, says, begin, end } of troubles) {
    it(`goes on when it ${what}, and shares again when it is back`, async () => {
      const [one, other] = [process(), process()];
      await areJoined(one, other);
      // Whatever fails here, the next case finds a server.
      onTestFinished(() => server.restart());
      await begin();
      await expect.poll(async () => [await one.further(aRef()), one.cache.use().shared?.state][1]).toBe("down");
      await expect.poll(() => one.cache.use().shared?.trouble).toMatch(says);
      await expect.poll(() => one.cache.use().shared?.hears, { timeout: 5_000 }).toBe(false);
      await looksAreBounded(one);
      await end();
      await areJoined(one, other);
    });
  }

  it("tells what was invalidated meanwhile, and till then does not take it", async () => {
    const [one, other] = [process(), process()];
    await areJoined(one, other);
    const [ref, kept] = [aRef(), aRef()];
    one.fill(ref, "old");
    one.fill(kept, "kept");
    await expect.poll(async () => stateOf(await other.further(kept))).toBe("kept");
    server.freeze();
    await one.cache.invalidate({ ref });
    expect(one.cache.use().shared?.untold).toBe(1);
    server.thaw();
    // Whatever comes first: the look, or that the store has been told.
    expect(stateOf(await one.further(ref))).toBeUndefined();
    await one.isWell();
    expect(stateOf(await other.further(ref))).toBeUndefined();
    expect(stateOf(await other.further(kept))).toBe("kept");
  });

  it("that is full takes nothing more, and goes on answering and invalidating", async () => {
    const [one, other] = [process(), process()];
    await areJoined(one, other);
    const [ref, late] = [aRef(), aRef()];
    one.fill(ref);
    await expect.poll(async () => stateOf(await other.further(ref))).toBe("running");
    await server.command(["CONFIG", "SET", "maxmemory", "1"]);
    try {
      one.fill(late);
      await expect.poll(() => one.cache.use().shared?.trouble).toBe("it is full, or takes no writes");
      expect(one.cache.use().shared).toMatchObject({ state: "up", hears: true });
      expect(stateOf(await other.further(ref))).toBe("running");
      expect(await other.further(late)).toBeUndefined();
      await one.cache.invalidate({ ref });
      expect(one.cache.use().shared?.untold).toBe(0);
      expect(await other.further(ref)).toBeUndefined();
    } finally {
      await server.command(["CONFIG", "SET", "maxmemory", "0"]);
    }
    await areJoined(one, other);
  });

  it("that is read-only answers, and is told of invalidations once it takes them", async () => {
    const [one, other] = [process(), process()];
    await areJoined(one, other);
    const ref = aRef();
    one.fill(ref);
    await expect.poll(async () => stateOf(await other.further(ref))).toBe("running");
    await server.command(["REPLICAOF", "127.0.0.1", "1"]);
    try {
      expect(stateOf(await other.further(ref))).toBe("running");
      await one.cache.invalidate({ ref });
      expect(one.cache.use().shared).toMatchObject({ state: "up", trouble: "it is read-only", untold: 1 });
      expect(await one.further(ref)).toBeUndefined();
    } finally {
      await server.command(["REPLICAOF", "NO", "ONE"]);
    }
    await areJoined(one, other);
    expect(await other.further(ref)).toBeUndefined();
  });

  it("that is slow is left alone, and taken up again", async () => {
    const proxy = await proxies.proxy({ upstream: server.port });
    const [one, other] = [process(proxy.port), process()];
    await areJoined(one, other);
    const slow = await proxy.addToxic({ type: "latency", attributes: { latency: 300 } });
    await expect.poll(async () => [await one.further(aRef()), one.cache.use().shared?.state][1]).toBe("down");
    await looksAreBounded(one);
    await slow.remove();
    await areJoined(one, other);
  });

  it("that accepts and never answers is noticed though no connection breaks", async () => {
    const proxy = await proxies.proxy({ upstream: server.port });
    const [one, other] = [process(proxy.port), process()];
    await areJoined(one, other);
    const hole = await proxy.addToxic({ type: "timeout", attributes: { timeout: 0 } });
    await expect.poll(() => one.cache.use().shared?.hears, { timeout: 5_000 }).toBe(false);
    await looksAreBounded(one);
    const ref = aRef();
    await one.cache.invalidate({ ref });
    await hole.remove();
    await areJoined(one, other);
  });

  it("that takes another password says so, and is used once that is right", async () => {
    const one = process(server.port, { username: "cache", password: "wrong" });
    await expect.poll(async () => [await one.further(aRef()), one.cache.use().shared?.state][1]).toBe("down");
    await expect.poll(() => one.cache.use().shared?.trouble).toMatch(/password|not connected/);
    await server.command(["ACL", "SETUSER", "cache", "on", ">wrong", "~*", "&*", "+@all"]);
    await areJoined(one, process());
    await server.command(["ACL", "DELUSER", "cache"]);
  });

  it("whose words were lost begins anew: nothing from before answers", async () => {
    const [one, other] = [process(), process()];
    await areJoined(one, other);
    const ref = aRef();
    one.fill(ref, "before");
    await expect.poll(async () => stateOf(await other.further(ref))).toBe("before");
    const look = () =>
      other.cache
        .namespace(place)
        .look({ ref, fromView: 0, nowMs: Math.ceil(systemClock.monotonicMs()), maxAgeMs: 60_000, staleMs: 0 });
    expect(stateOf(look())).toBe("before");
    await server.command(["CLIENT", "KILL", "TYPE", "pubsub"]);
    await expect.poll(() => look()).toBeUndefined();
    await areJoined(one, other);
  });
});
