import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { problemsOf } from "../test/outcome.ts";
import type { ConfiguredRedis } from "./configuration.ts";
import { readConfiguration } from "./read-configuration.ts";

const environment = {
  REDIS_URL: "rediss://somebody:a-password@redis.example:6380/2",
  PASSWORD: "another-password",
  MISPLACED: "http://:a-password@127.0.0.1",
  PEM: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
};

async function redisOf(section: string): Promise<ConfiguredRedis> {
  const { redis } = await readConfiguration({ text: `version: 1\nredis: ${section}\n`, environment });
  if (redis === undefined) throw new Error("there is no Redis in it");
  return redis;
}

const problems = (section: string) => problemsOf(`version: 1\nredis: ${section}\n`, { environment });

/** With what is in its secrets. */
function revealed(redis: ConfiguredRedis): unknown {
  const text = (value: unknown) => (value as { reveal(): string } | undefined)?.reveal();
  const { password, ...rest } = redis;
  return {
    ...rest,
    ...("url" in redis && { url: text(redis.url) }),
    ...(password !== undefined && { password: text(password) }),
  };
}

describe("the Redis of a cloudlink.yaml", () => {
  it("is left out by default", async () => {
    const configuration = await readConfiguration({ text: "version: 1", environment });
    expect(configuration).not.toHaveProperty("redis");
  });

  it.each([
    ["{ url: redis://127.0.0.1 }", { url: "redis://127.0.0.1" }],
    ["{ url: 'redis://somebody@[::1]:6380/3' }", { url: "redis://somebody@[::1]:6380/3" }],
    [
      "{ url: { env: REDIS_URL }, tls: { servername: a.example }, prefix: 'acme:test', keepMs: 60000, patienceMs: 9 }",
      {
        url: environment.REDIS_URL,
        tls: { servername: "a.example" },
        prefix: "acme:test",
        keepMs: 60_000,
        patienceMs: 9,
      },
    ],
    [
      "{ url: redis://a, username: me, password: { env: PASSWORD }, db: 4, connectTimeoutMs: 500 }",
      { url: "redis://a", username: "me", password: environment.PASSWORD, db: 4, connectTimeoutMs: 500 },
    ],
    [
      "{ sentinel: { nodes: [{ host: a }, { host: '::1', port: 1 }], masterName: m, username: s }, db: 1, tls: {} }",
      { sentinels: [{ host: "a" }, { host: "::1", port: 1 }], masterName: "m", sentinelUsername: "s", db: 1, tls: {} },
    ],
    ["{ cluster: [{ host: a, port: 7000 }, { host: b }] }", { cluster: [{ host: "a", port: 7_000 }, { host: "b" }] }],
  ])("is read: %s", async (section, expected) => {
    expect(revealed(await redisOf(section))).toEqual(expected);
  });

  it("shows none of its secrets", async () => {
    const sections = [
      "{ url: { env: REDIS_URL }, password: { env: PASSWORD }, tls: { cert: { env: PEM }, key: { env: PEM } } }",
      "{ sentinel: { nodes: [{ host: a }], masterName: m, password: { env: PASSWORD } } }",
    ];
    for (const section of sections) {
      const redis = await redisOf(section);
      const { tls: { cert: _, ...tls } = {}, ...rest } = redis;
      const shown = inspect({ ...rest, tls }, { depth: 9 }) + JSON.stringify({ ...rest, tls });
      expect(shown).toContain("[secret]");
      for (const secret of ["a-password", "another-password", "PRIVATE KEY"]) expect(shown).not.toContain(secret);
    }
  });
});

describe("a problem of it has line, column and remedy, and no secret:", () => {
  const notTheSecret = "in its place, not the secret itself";

  it.each([
    ["no way to it", "{}", '2:8: "redis" says nowhere to connect to; write url, sentinel or cluster'],
    ["two ways", "{ url: redis://a, cluster: [{ host: a }] }", '2:8: "redis" has url and cluster; write one of them'],
    [
      "a password in its address",
      "{ url: redis://:a-password@b }",
      `2:15: "redis.url" is a secret; write { env: NAME } or { file: PATH } ${notTheSecret}`,
    ],
    [
      "one that has an @",
      "{ url: redis://me:a-p@ssword@b }",
      `2:15: "redis.url" is a secret; write { env: NAME } or { file: PATH } ${notTheSecret}`,
    ],
    [
      "a plain password",
      "{ url: redis://a, password: a-password }",
      `2:36: "redis.password" is a secret; write { env: NAME } or { file: PATH } ${notTheSecret}`,
    ],
    [
      "a plain password of sentinels",
      "{ sentinel: { nodes: [{ host: a }], masterName: m, password: a-password } }",
      `2:69: "redis.sentinel.password" is a secret; write { env: NAME } or { file: PATH } ${notTheSecret}`,
    ],
    [
      "a plain key",
      "{ url: rediss://a, tls: { cert: { env: PEM }, key: a-password } }",
      `2:59: "redis.tls.key" is a secret; write { env: NAME } or { file: PATH } ${notTheSecret}`,
    ],
    [
      "another protocol",
      "{ url: http://a }",
      '2:15: "redis.url" is not the address of a Redis; write redis://host:port, or rediss://host:port for TLS',
    ],
    [
      "another protocol in a variable",
      "{ url: { env: MISPLACED }, tls: {} }",
      '2:15: "redis.url" is not the address of a Redis; write redis://host:port, or rediss://host:port for TLS',
    ],
    [
      "options in its address",
      "{ url: 'redis://a?db=1' }",
      '2:15: "redis.url" has more after the port than the number of a database; write the rest under names of its own',
    ],
    [
      "a database by name",
      "{ url: redis://a/cache }",
      '2:15: "redis.url" has more after the port than the number of a database; write the rest under names of its own',
    ],
    [
      "a variable that is not set",
      "{ url: { env: NONE }, tls: {} }",
      '2:15: "redis.url" has no value: the variable that it names is not set',
    ],
    [
      "a database of a cluster",
      "{ cluster: [{ host: a }], db: 1 }",
      '2:38: "redis.db" is for no cluster: a Cluster has one database',
    ],
    ["TLS without it", "{ url: redis://a, tls: {} }", '2:31: "redis.tls" is for an address that begins with rediss://'],
    [
      "a certificate without its key",
      "{ url: rediss://a, tls: { cert: { env: PEM } } }",
      '2:32: "redis.tls" has one of cert and key; write both, or neither',
    ],
    [
      "no PEM",
      "{ url: rediss://a, tls: { ca: x } }",
      '2:38: "redis.tls.ca" is not in PEM, which begins with -----BEGIN',
    ],
    [
      "a host with its port",
      "{ cluster: [{ host: 'a/b' }] }",
      '2:28: "redis.cluster[0].host" is not the name or address of a host',
    ],
    ["no nodes", "{ cluster: [] }", '2:19: "redis.cluster" is empty'],
    ["no name of the master", "{ sentinel: { nodes: [{ host: a }] } }", '2:20: "redis.sentinel.masterName" is missing'],
    [
      "a prefix with braces",
      "{ url: redis://a, prefix: 'a{b}' }",
      '2:34: "redis.prefix" has letters, digits and . _ : - alone, 64 at the most',
    ],
    ["a key that it does not have", "{ uri: redis://a }", '2:10: unknown key "uri"; did you mean "url"?'],
  ])("%s", async (_, section, expected) => {
    const found = await problems(section);
    expect(found).toContainEqual(expected);
    expect(found.filter((each) => each !== expected && !each.includes("nowhere to connect"))).toEqual([]);
    expect(found.join()).not.toContain("a-p");
  });
});
