import { CloudLinkError, Secret } from "@cloudlink/core";
import type { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { connectRedis } from "./connect-redis.ts";
import type { RedisClientSettings } from "./redis-client-settings.ts";

/** A port that nobody listens on. */
const NOWHERE = "127.0.0.1:1";

/** What ioredis is told of one server. */
function optionsOf(settings: RedisClientSettings) {
  const redis = connectRedis(settings) as Redis;
  redis.disconnect();
  return redis.options;
}

describe("connectRedis", () => {
  it.each([
    ["redis://127.0.0.1:1", { host: "127.0.0.1", port: 1, db: 0 }],
    ["redis://localhost", { host: "localhost", port: 6_379 }],
    ["redis://[::1]:1/7", { host: "::1", port: 1, db: 7 }],
    ["redis://us%40er:p%2Fw%25@127.0.0.1:1/", { username: "us@er", password: "p/w%", db: 0 }],
    ["redis://:only@127.0.0.1:1", { password: "only" }],
    ["rediss://127.0.0.1:1", { host: "127.0.0.1", tls: {} }],
  ])("takes the address %s apart", (url, expected) => {
    expect(optionsOf({ url })).toMatchObject(expected);
    expect(optionsOf({ url: new Secret(url) })).toMatchObject(expected);
  });

  it("takes what is set apart in place of what the address says", () => {
    const settings = { username: "me", password: new Secret("other"), db: 3 };
    expect(optionsOf({ url: `redis://somebody:else@${NOWHERE}/5`, ...settings })).toMatchObject({
      ...{ username: "me", password: "other", db: 3 },
    });
  });

  const host = "hush.example";
  it.each<[string, unknown]>([
    ["takes one of url, sentinels (with masterName) and cluster", {}],
    ["takes one of url", { url: `redis://${host}`, cluster: [{ host }] }],
    ["takes as url redis://host:port", { url: `http://:hush@${host}` }],
    ["takes as url redis://host:port", { url: "hush" }],
    ["takes no parameters in its url", { url: `redis://${host}?password=hush` }],
    ["takes as path of its url the number of a database", { url: `redis://${host}/hush` }],
    ["takes user and password of its url percent-encoded", { url: `redis://:hush%@${host}` }],
    ["takes tls with a rediss:// address only", { url: `redis://${host}`, tls: {} }],
    ["takes tls.cert and tls.key together", { url: `rediss://${host}`, tls: { key: new Secret("hush") } }],
    ["takes as db", { url: `redis://${host}`, db: -1 }],
    ["takes no db with cluster", { cluster: [{ host }], db: 0 }],
    ["takes as cluster one address or more", { cluster: [] }],
    ["takes as cluster one address or more", { cluster: [{ host: "" }] }],
    ["takes as sentinels one address or more", { sentinels: [{ host, port: 70_000 }], masterName: "m" }],
    ["takes with sentinels the masterName", { sentinels: [{ host }] }],
    ["takes as connectTimeoutMs a whole number from 1", { url: `redis://${host}`, connectTimeoutMs: 0 }],
    ["takes one of url", undefined],
    ["takes one of url", null],
    ["takes one of url", "hush"],
    ["takes as url a text", { url: undefined }],
    ["takes as url a text", { url: 5 }],
    ["takes as sentinels one address or more", { sentinels: null, masterName: "m" }],
    ["takes as sentinels one address or more", { sentinels: [null], masterName: "m" }],
    ["takes as sentinelPassword a text", { sentinels: [{ host }], masterName: "m", sentinelPassword: 5 }],
    ["takes as cluster one address or more", { cluster: [null] }],
    ["takes as cluster one address or more", { cluster: "hush" }],
    ["takes as password a text", { url: `redis://${host}`, password: 5 }],
    ["takes as username a text", { url: `redis://${host}`, username: null }],
    ["takes as tls an object", { url: `rediss://${host}`, tls: null }],
    ["takes as tls an object", { url: `rediss://${host}`, tls: { ca: 5 } }],
    ["takes as tls an object", { url: `rediss://${host}`, tls: { cert: "", key: 5 } }],
  ])("%s, and says no value of %j", (message, settings) => {
    let thrown: unknown;
    try {
      connectRedis(settings as RedisClientSettings);
    } catch (error) {
      thrown = error;
    }
    if (!CloudLinkError.isInstance(thrown)) throw new Error("it was taken");
    expect(thrown).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings", origin: "caller" });
    expect(thrown.rawMessage).toContain(`connectRedis ${message}`);
    expect(thrown.rawMessage).not.toContain("hush");
  });

  it("waits a second at the most until it tries again, and not as long as the others do", () => {
    const { retryStrategy } = optionsOf({ url: `redis://${NOWHERE}` });
    const delays = Array.from({ length: 200 }, (_, index) => retryStrategy?.(index + 1) ?? Number.NaN);
    expect(delays.every((delay) => delay >= 1 && delay <= 1_000)).toBe(true);
    expect(new Set(delays.slice(20)).size).toBeGreaterThan(50);
  });
});
