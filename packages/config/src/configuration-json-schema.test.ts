import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkConfiguration } from "./check-configuration.ts";
import { configurationJsonSchema } from "./configuration-json-schema.ts";
import { readConfiguration } from "./read-configuration.ts";

describe("cloudlink.schema.json", () => {
  it("is the schema of this code; if not, run the script `schema` of this package", async () => {
    const published = await readFile(new URL("../cloudlink.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(configurationJsonSchema());
  });

  // zod reads JSON Schema by another part of it than the one that writes it.
  const schema = z.fromJSONSchema(configurationJsonSchema());
  const account = { provider: "aws", account: "1", regions: ["eu-west-1"] };

  it.each([
    [{ version: 1 }],
    [{ version: 1, tenant: { env: "TENANT" }, limits: { timeoutMs: { file: "x" }, concurrency: 2 } }],
    [{ version: 1, providers: { aws: { endpoint: { env: "E" }, list: [1, { a: null }] } } }],
    [
      {
        version: 1,
        accounts: [account, { ...account, regions: "*", listRegions: [{ env: "R" }], role: { env: "R" } }],
      },
    ],
    [{ version: 1, accounts: [{ ...account, credentials: { ambient: { profile: "x", roleArn: { env: "ARN" } } } }] }],
    [{ version: 1, accounts: [{ ...account, credentials: { keys: { id: { env: "ID" }, key: { file: "key" } } } }] }],
    [{ version: 1, cache: { enabled: { env: "CACHE" }, maxEntries: 5, maxBytes: { env: "BYTES" } } }],
    [{ version: 1, redis: { url: "redis://127.0.0.1:6379/1", password: { file: "p" }, prefix: { env: "PREFIX" } } }],
    [{ version: 1, redis: { url: { env: "REDIS_URL" }, tls: { ca: { file: "ca.pem" }, key: { file: "k" } } } }],
    [{ version: 1, redis: { url: "rediss://somebody@[::1]:1" } }],
    [{ version: 1, redis: { cluster: [{ host: "a", port: 7000 }, { host: { env: "HOST" } }], tls: {}, keepMs: 5 } }],
    [{ version: 1, redis: { sentinel: { nodes: [{ host: "a" }], masterName: "m", password: { env: "P" } }, db: 2 } }],
    [{ version: 1, server: { address: "127.0.0.1", port: { env: "PORT" }, tokenKey: { env: "KEY" } } }],
  ])("takes %j", (value) => {
    expect(schema.safeParse(value).error).toBeUndefined();
  });

  it("has for text the form that the reader has, control characters among them", async () => {
    for (let code = 0; code < 0x200; code++) {
      const tenant = `a${String.fromCharCode(code)}b`;
      const read = await checkConfiguration({ text: JSON.stringify({ version: 1, tenant }), environment: {} });
      expect([code, schema.safeParse({ version: 1, tenant }).success]).toEqual([code, read.length === 0]);
    }
  });

  it.each([" a", "a ", "\u00a0a", "a\u2003", " "])("takes no name with a space at its end: %j", async (written) => {
    for (const value of [
      { version: 1, tenant: written },
      { version: 1, accounts: [{ ...account, account: written }] },
      { version: 1, accounts: [{ ...account, name: written }] },
      { version: 1, accounts: [{ ...account, role: written }] },
    ]) {
      const read = await checkConfiguration({ text: JSON.stringify(value), environment: {} });
      expect(read.map(({ message }) => message)).toEqual([expect.stringContaining("begins or ends with a space")]);
      expect(schema.safeParse(value).success).toBe(false);
    }
  });

  it.each([
    [{}],
    [{ version: 2 }],
    [{ version: 1, tenat: "x" }],
    [{ version: 1, tenant: { environment: "x" } }],
    [{ version: 1, tenant: { env: "x", file: "y" } }],
    [{ version: 1, accounts: [] }],
    [{ version: 1, accounts: [{ ...account, regions: [] }] }],
    [{ version: 1, accounts: [{ ...account, regions: "all" }] }],
    [{ version: 1, accounts: [{ ...account, credentials: { keys: { id: "literal" } } }] }],
    [{ version: 1, server: { tokenKey: "a literal of more than thirty-two bytes" } }],
    [{ version: 1, server: { port: 65_536 } }],
    [{ version: 1, redis: { url: "redis://:secret@127.0.0.1" } }],
    [{ version: 1, redis: { url: "redis://us:se@cret@127.0.0.1" } }],
    [{ version: 1, redis: { url: "http://127.0.0.1" } }],
    [{ version: 1, redis: { url: "redis://a", password: "literal" } }],
    [{ version: 1, redis: { cluster: [] } }],
    [{ version: 1, redis: { sentinel: { nodes: [{ host: "a" }], masterName: "m", password: "literal" } } }],
    [{ version: 1, redis: { sentinel: { nodes: [{ host: "a" }] } } }],
    [{ version: 1, redis: { url: "redis://a", prefix: "a{b}" } }],
    [{ version: 1, redis: { url: "redis://a", tls: { ca: "no pem" } } }],
    [{ version: 1, limits: { timeoutMs: "5s" } }],
    [{ version: 1, cache: false }],
    [{ version: 1, cache: { enabled: "off" } }],
    [{ version: 1, cache: { maxBytes: 0 } }],
    [{ version: 1, cache: { maxEntries: 1.5 } }],
  ])("refuses %j", (value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});

describe("the cloudlink.yaml of the README", () => {
  it("is of the form, with the values of what is left out", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const text = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const source = {
      environment: { KEY_ID: "x", CLOUDLINK_TOKEN_KEY: "x".repeat(32), REDIS_URL: "rediss://:x@localhost" },
      readFile: async () => Buffer.from("-----BEGIN CERTIFICATE-----"),
    };
    const written = await readConfiguration({ text, ...source });
    const { server, tenant, cache } = await readConfiguration({ text: "version: 1", environment: {} });
    const { tokenKey: _, ...rest } = written.server;
    const { enabled } = written.cache;
    expect({ server: rest, tenant: written.tenant, cache: { enabled } }).toEqual({ server, tenant, cache });
  });
});
