import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { redisCommand } from "./redis-command.ts";
import type { RedisNode } from "./redis-node.ts";
import { startRedis } from "./start-redis.ts";
import { startToxiproxy, type ToxicProxy, type Toxiproxy } from "./start-toxiproxy.ts";

let redis: RedisNode;
let toxiproxy: Toxiproxy;
let proxy: ToxicProxy;

beforeAll(async () => {
  redis = await startRedis();
  toxiproxy = await startToxiproxy();
  proxy = await toxiproxy.proxy({ upstream: redis.port });
}, 600_000);

afterEach(() => toxiproxy.reset());

afterAll(async () => {
  await toxiproxy?.stop();
  await redis?.stop();
});

const ping = () => redisCommand({ port: proxy.port }, ["PING"]);

describe("Toxiproxy in the test bed", () => {
  test("listens on 127.0.0.1 alone", () => {
    expect(toxiproxy.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("passes on what it is not told to spoil", async () => {
    expect(await ping()).toBe("PONG");
    const named = await toxiproxy.proxy({ upstream: `localhost:${redis.port}` });
    expect(await redisCommand({ port: named.port }, ["PING"])).toBe("PONG");
  });

  test("refuses connections while it is disabled, closes those that are open, and is back on the same port", async () => {
    const open = connect({ host: proxy.host, port: proxy.port });
    open.on("error", () => {});
    await once(open, "connect");
    open.write("PING\r\n");
    await once(open, "data");
    const closed = once(open, "close");
    await proxy.disable();
    await closed;
    await expect(ping()).rejects.toThrow("ECONNREFUSED");
    await proxy.enable();
    expect(await ping()).toBe("PONG");
  });

  test("holds answers back, which come as soon as the toxic is removed", async () => {
    const toxic = await proxy.addToxic({ type: "latency", attributes: { latency: 3_600_000 } });
    let answered = false;
    const answer = ping().finally(() => {
      answered = true;
    });
    // The server answers others many times over meanwhile.
    for (let i = 0; i < 20; i += 1) await redis.command(["PING"]);
    expect(answered).toBe(false);
    await toxic.remove();
    expect(await answer).toBe("PONG");
  });

  test("cuts an answer off after so many bytes, until the toxic is disposed of", async () => {
    {
      await using _ = await proxy.addToxic({ type: "limit_data", attributes: { bytes: 3 } });
      await expect(ping()).rejects.toThrow("without an answer");
    }
    expect(await ping()).toBe("PONG");
  });

  test("resets connections, by a toxic that goes by its name", async () => {
    const { name } = await proxy.addToxic({ type: "reset_peer", stream: "upstream", attributes: { timeout: 0 } });
    await expect(ping()).rejects.toThrow();
    await proxy.removeToxic(name);
    expect(await ping()).toBe("PONG");
  });

  test("says what it does not know", async () => {
    await expect(proxy.removeToxic("no-such")).rejects.toThrow("404");
  });

  test("goes by stop", async () => {
    const other = await startToxiproxy();
    await other.stop();
    await other.stop();
    await expect(fetch(other.endpoint)).rejects.toThrow();
  });
});
