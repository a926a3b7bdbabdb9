import type { RedisClient } from "@cloudlink/cache/redis";
import { Secret } from "@cloudlink/core";
import { expect, it, vi } from "vitest";
import { composeStores } from "./compose-stores.ts";

const clients = vi.hoisted((): RedisClient[] => []);

vi.mock("@cloudlink/cache/redis", async (load) => {
  const original = await load<typeof import("@cloudlink/cache/redis")>();
  const connectRedis: typeof original.connectRedis = (settings) => {
    const client = original.connectRedis(settings);
    clients.push(client);
    return client;
  };
  return { ...original, connectRedis };
});

/** Where nobody listens: a client goes on connecting until it is closed. */
const redis = { url: new Secret("redis://127.0.0.1:1") };

it.each([
  ["an age", {}, { keepMs: 1.5 }],
  ["a patience", {}, { patienceMs: -1 }],
  ["a bound", { maxEntries: -1 }, {}],
])("closes its connection when %s is refused", async (_what, bounds, more) => {
  const composed = composeStores({ cache: { enabled: true, ...bounds }, redis: { ...redis, ...more } });
  await expect(composed).rejects.toMatchObject({ reason: "ErrInvalidSettings" });
  await expect.poll(() => clients.at(-1)?.status).toBe("end");
});
