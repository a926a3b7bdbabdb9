import { CloudLinkError, Secret } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf, problemsOf } from "../test/outcome.ts";
import { readConfiguration } from "./read-configuration.ts";

const whole = `version: 1
tenant: acme
providers: { aws: { endpoint: http://127.0.0.1:4599 }, home: {} }
accounts:
  - provider: aws
    partition: aws
    account: "111111111111"
    name: production
    regions: [eu-west-1, eu-west-2]
    listRegions: [eu-west-1]
    role: reader
    credentials: { ambient: { profile: prod, externalId: x } }
  - provider: home
    account: "0"
    regions: "*"
    credentials:
      keys: { id: { env: ID }, key: { file: secrets/key } }
limits: { timeoutMs: 5000, concurrency: 4 }
server: { address: "::1", port: 0, tokenKey: { env: TOKEN_KEY }, maxConcurrentCalls: 2, maxTimeoutMs: 3, drainMs: 0 }
cache: { enabled: true, maxEntries: 1000, maxBytes: 1048576 }
`;

const tokenKey = "0123456789abcdef0123456789abcdef";

function changed(from: string, to: string): string {
  expect(whole).toContain(from);
  return whole.replace(from, to);
}

describe("a cloudlink.yaml", () => {
  it("is read into a frozen configuration, with secrets as Secret", async () => {
    const configuration = await readConfiguration({
      text: whole,
      path: "/etc/cloudlink/cloudlink.yaml",
      environment: { ID: "id-1", TOKEN_KEY: tokenKey },
      readFile: async ({ path }) => Buffer.from(`${path} key\n`),
    });
    expect(configuration).toMatchObject({
      version: 1,
      tenant: "acme",
      providers: { aws: { endpoint: "http://127.0.0.1:4599" }, home: {} },
      limits: { timeoutMs: 5000, concurrency: 4 },
      cache: { enabled: true, maxEntries: 1_000, maxBytes: 1_048_576 },
      server: { address: "::1", port: 0, maxConcurrentCalls: 2, maxTimeoutMs: 3, drainMs: 0 },
    });
    const [production, home] = configuration.accounts ?? [];
    expect(production).toEqual({
      provider: "aws",
      partition: "aws",
      account: "111111111111",
      name: "production",
      regions: ["eu-west-1", "eu-west-2"],
      listRegions: ["eu-west-1"],
      role: "reader",
      credentials: { kind: "ambient", parameters: { profile: "prod", externalId: "x" } },
    });
    expect(home).toMatchObject({ provider: "home", account: "0", regions: "*", role: "default" });
    expect(home).not.toHaveProperty("partition");
    const { credentials } = home ?? {};
    expect(credentials?.kind === "keys" && credentials.keys.reveal()).toEqual({
      id: "id-1",
      key: "/etc/cloudlink/secrets/key key",
    });
    expect(configuration.server.tokenKey).toBeInstanceOf(Secret);
    expect(new TextDecoder().decode(configuration.server.tokenKey?.reveal())).toBe(tokenKey);
    expect(Object.isFrozen(configuration.accounts?.[0]?.credentials)).toBe(true);
    expect(Object.isFrozen(configuration.providers?.aws)).toBe(true);
  });

  it("may leave out all but its version", async () => {
    expect(await readConfiguration({ text: "version: 1", environment: {} })).toEqual({
      version: 1,
      tenant: "default",
      limits: {},
      cache: { enabled: true },
      server: { address: "127.0.0.1", port: 8080, maxConcurrentCalls: 256, maxTimeoutMs: 60_000, drainMs: 10_000 },
    });
    const { accounts } = await readConfiguration({
      text: 'version: 1\naccounts: [{ provider: aws, account: "1", regions: ["-"] }]',
      environment: {},
    });
    expect(accounts?.[0]).toEqual({
      provider: "aws",
      account: "1",
      regions: ["-"],
      role: "default",
      credentials: { kind: "ambient", parameters: {} },
    });
  });

  it.each(["127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1"])("takes the loopback address %s", async (address) => {
    const text = `version: 1\nserver: { address: "${address}" }`;
    expect((await readConfiguration({ text, environment: {} })).server.address).toBe(address);
  });
});

describe("a problem of a cloudlink.yaml has line, column and remedy:", () => {
  it.each([
    ["another version", "version: 1\n", "version: 2\n", '1:10: "version" has to be 1, not 2'],
    ["no version", "version: 1\n", "", '1:1: "version" is missing'],
    ["an unknown key", "tenant:", "tenat:", '2:1: unknown key "tenat"; did you mean "tenant"?'],
    ["a key of an account", "    role:", "    rule:", '11:5: unknown key "rule"; did you mean "role"?'],
    ["a key of the limits", "timeoutMs", "timeout", '18:11: unknown key "timeout"; did you mean "timeoutMs"?'],
    ["a key of the server", "drainMs", "drainms", '19:106: unknown key "drainms"; did you mean "drainMs"?'],
    ["a key of credentials", "ambient:", "ambiant:", '12:20: unknown key "ambiant"; did you mean "ambient"?'],
    ["a tenant that is not Unicode", "acme", '"\\ud800"', '2:9: "tenant" is empty, or not one line of text'],
    ["a tenant that is empty", "tenant: acme", 'tenant: ""', '2:9: "tenant" is empty, or not one line of text'],
    [
      "a provider's name",
      "home: {}",
      "Home: {}",
      '3:56: the key "Home" is not a provider\'s name; write it as in refs: aws',
    ],
    ["settings that are text", "home: {}", "home: x", '3:62: "providers.home" has to be a mapping, not text'],
    [
      "no provider at all",
      "{ aws: { endpoint: http://127.0.0.1:4599 }, home: {} }",
      "{}",
      '3:12: "providers" is empty; leave it out',
    ],
    [
      "an account that YAML takes for a number",
      '"111111111111"',
      "111111111111",
      '7:14: "accounts[0].account" has to be text, and YAML reads',
    ],
    ["no account id", '    account: "0"\n', "", '13:5: "accounts[1].account" is missing'],
    [
      "a region that is none",
      "[eu-west-1, eu",
      "[EU-west-1, eu",
      '9:15: "accounts[0].regions[0]" has lower-case letters',
    ],
    ["no regions", "[eu-west-1, eu-west-2]", "[]", '9:14: "accounts[0].regions" is empty'],
    ["regions that are text", '"*"', "all", '15:14: "accounts[1].regions" has to be * or a list'],
    [
      "a region to list that is not among them",
      "listRegions: [eu-west-1]",
      "listRegions: [eu-west-3]",
      '10:19: "accounts[0].listRegions[0]" is not one of the account\'s "regions": "eu-west-3"',
    ],
    ["a region twice", "eu-west-2]", "eu-west-1]", '9:26: "accounts[0].regions[1]" repeats the region "eu-west-1"'],
    [
      "a provider that is not among the providers",
      "provider: home",
      "provider: hom",
      '13:15: "accounts[1].provider" is not one of "providers": "hom" (did you mean "home"?); add it there',
    ],
    [
      "both credentials",
      "ambient: {",
      "keys: { id: { env: ID } }, ambient: {",
      '12:18: "accounts[0].credentials" has both ambient and keys',
    ],
    [
      "no credentials",
      "{ ambient: { profile: prod, externalId: x } }",
      "{}",
      '12:18: "accounts[0].credentials" is empty; write ambient or keys',
    ],
    [
      "no keys",
      "{ id: { env: ID }, key: { file: secrets/key } }",
      "{}",
      '17:13: "accounts[1].credentials.keys" is empty',
    ],
    [
      "keys that are none",
      "{ id: { env: ID }, key: { file: secrets/key } }",
      "[x]",
      '17:13: "accounts[1].credentials.keys" has to be a mapping, not a list',
    ],
    ["a timeout of 0", "timeoutMs: 5000", "timeoutMs: 0", '18:22: "limits.timeoutMs" has to be 1 or more'],
    [
      "a timeout beyond Node's timers",
      "timeoutMs: 5000",
      "timeoutMs: 2147483648",
      '18:22: "limits.timeoutMs" has to be 2147483647 or less',
    ],
    [
      "a concurrency that is not whole",
      "concurrency: 4",
      "concurrency: 1.5",
      '18:41: "limits.concurrency" has to be a whole number',
    ],
    ["a port that is none", "port: 0", "port: 65536", '19:33: "server.port" has to be 65535 or less'],
    ["a port that is text", "port: 0", "port: http", '19:33: "server.port" has to be a number, not text'],
    [
      "an address that others reach",
      '"::1"',
      "0.0.0.0",
      '19:20: "server.address" is not a loopback address; write 127.0.0.1 or ::1. The server has no authentication yet',
    ],
    ["an address by name", '"::1"', "localhost", '19:20: "server.address" is not a loopback address'],
    ["a key of the cache", "maxBytes", "maxByte", '20:43: unknown key "maxByte"; did you mean "maxBytes"?'],
    ["a cache of nothing", "maxEntries: 1000", "maxEntries: 0", '20:37: "cache.maxEntries" has to be 1 or more'],
    ["half a byte", "maxBytes: 1048576", "maxBytes: 0.5", '20:53: "cache.maxBytes" has to be a whole number'],
    [
      "a cache that is a word",
      "{ enabled: true, maxEntries: 1000, maxBytes: 1048576 }",
      "off",
      '20:8: "cache" has to be a mapping',
    ],
    ["a switch that is a word", "enabled: true", "enabled: off", '20:19: "cache.enabled" has to be '],
    ["a syntax error", "limits: {", "limits: {{", "18:"],
    ["a list as the whole", whole, "- 1", "1:1: a cloudlink.yaml has to be a mapping, not a list"],
    ["nothing", whole, "# nothing", "1:1: the file is empty"],
  ])("%s", async (_, from, to, message) => {
    const source = { environment: { ID: "x", TOKEN_KEY: tokenKey }, readFile: async () => Buffer.from("k") };
    const problems = await problemsOf(changed(from, to), source);
    expect(problems.filter((problem) => problem.startsWith(message))).toHaveLength(1);
  });

  it("an account that is listed twice, whatever its role", async () => {
    const account = (rest: string) => `  - { provider: aws, account: "1", regions: "*"${rest} }\n`;
    const text = `version: 1\naccounts:\n${account("")}${account(", partition: aws")}${account(", role: admin")}`;
    expect(await problemsOf(text)).toEqual([
      '5:5: "accounts[2]" is the same account as "accounts[0]" on line 3; list it once',
    ]);
  });

  it("a token key that is too short", async () => {
    const text = "version: 1\nserver:\n  tokenKey: { env: KEY }";
    expect(await problemsOf(text, { environment: { KEY: "é".repeat(16) } })).toEqual([]);
    expect(await problemsOf(text, { environment: { KEY: "x".repeat(31) } })).toEqual([
      '3:13: "server.tokenKey" has fewer than 32 bytes; make one with: openssl rand -base64 32',
    ]);
  });

  it("all of them at once, from whatever check, by place", async () => {
    const text = `version: 1
tenat: x
accounts:
  - { provider: aws, account: "1", regions: [a], listRegions: [b] }
  - { provider: aws, account: "1", regions: [], credentials: { keys: { key: literal-secret } } }
server: { port: { env: NONE }, address: 1.2.3.4 }
`;
    const problems = await problemsOf(text);
    expect(problems.map((problem) => problem.split(": ")[0])).toEqual([
      "2:1",
      "4:64",
      "5:5",
      "5:45",
      "5:77",
      "6:17",
      "6:41",
    ]);
    const error = await errorOf(readConfiguration({ text, path: "conf/cloudlink.yaml", environment: {} }));
    expect(error).toMatchObject({
      code: "invalid_argument",
      reason: "ErrInvalidSettings",
      details: { file: "conf/cloudlink.yaml", line: "2", column: "1" },
    });
    expect(error.rawMessage.split("\n")).toEqual(problems.map((problem) => `conf/cloudlink.yaml:${problem}`));
  });
});

describe("a file that cannot be read", () => {
  it("is refused with its name, and is not waited for", async () => {
    const missing = await errorOf(readConfiguration({ path: "/nowhere/at\nall.yaml" }));
    expect(missing.rawMessage).toBe("/nowhere/at\\u{a}all.yaml does not exist. Give the path of a cloudlink.yaml.");
    expect((await errorOf(readConfiguration({ path: "/" }))).rawMessage).toContain("/ is not a regular file.");
    expect((await errorOf(readConfiguration({ path: "/dev/zero" }))).rawMessage).toContain("is not a regular file");
    expect((await errorOf(readConfiguration({} as never))).rawMessage).toContain("is given as the path");
    expect((await errorOf(readConfiguration({ path: "" }))).rawMessage).toContain("is given as the path");
    const large = await errorOf(
      readConfiguration({ path: "x", readFile: async ({ maxBytes }) => new Uint8Array(maxBytes + 1) }),
    );
    expect(large.rawMessage).toBe("x has 262145 bytes; the most is 262144.");
    const denied = Object.assign(new Error("no"), { code: "EACCES" });
    expect(
      (await errorOf(readConfiguration({ path: "x", readFile: () => Promise.reject(denied) }))).rawMessage,
    ).toContain("x cannot be read (EACCES).");
  });

  it("is refused where it is not UTF-8", async () => {
    const error = await errorOf(readConfiguration({ text: new Uint8Array([0x0a, 0xff]) }));
    expect(error.rawMessage).toBe("cloudlink.yaml:2:1: this is not UTF-8. Save the file as UTF-8.");
  });
});

describe("any other text", () => {
  const pieces = fc.constantFrom(
    ..."[]{},:?-&*!|>'\"%@`#~".split(""),
    "\n",
    "\n  ",
    "__proto__: ",
    "constructor: ",
    "{ env: ID }",
    "{ env: __proto__ }",
    "{ file: x }",
    "{ env: constructor }",
    "{ env: 1 }",
    "accounts:\n",
    "credentials: ",
    "keys: ",
    "server: ",
    "tokenKey: ",
    "1e999",
    "null",
    "*a",
    "&a ",
  );
  const cuts = fc.array(
    fc.record({ at: fc.nat(whole.length), length: fc.nat(20), put: fc.oneof(pieces, fc.string({ maxLength: 6 })) }),
    { minLength: 1, maxLength: 3 },
  );
  const mutated = cuts.map((all) => {
    let text = whole;
    for (const { at, length, put } of all) text = text.slice(0, at) + put + text.slice(at + length);
    return text;
  });

  /** Why it was refused; throws for any rejection that is not the documented one with a place. */
  async function readsOrRefuses(text: string | Uint8Array): Promise<string | undefined> {
    try {
      await readConfiguration({
        text,
        environment: { ID: "id", TOKEN_KEY: tokenKey },
        readFile: async () => Buffer.from("key"),
      });
      return undefined;
    } catch (error) {
      expect(CloudLinkError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings" });
      expect((error as CloudLinkError).rawMessage).toMatch(/^cloudlink\.yaml:[1-9]\d*:[1-9]\d*: ./);
      return (error as CloudLinkError).rawMessage;
    }
  }

  it("is read or refused with a place, and leaves prototypes alone", async () => {
    let pastSyntax = 0;
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        const refusal = await readsOrRefuses(text);
        if (refusal === undefined || /"(accounts|server|providers|limits|cache)|unknown key/.test(refusal))
          pastSyntax++;
      }),
      { numRuns: 3_000 },
    );
    // Or the checks behind the first one would hardly have been tried.
    expect(pastSyntax).toBeGreaterThan(100);
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join("")),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.uint8Array()), async (source) => void (await readsOrRefuses(source))),
      { numRuns: 2_000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Array.prototype)).toEqual([]);
  });

  it("has no more tokens, levels and aliased values than bounds", async () => {
    expect(await readsOrRefuses("a:\n".repeat(20_000))).toContain("the file has more than 12000 YAML tokens");
    expect(await readsOrRefuses("[".repeat(200))).toContain("nested more than 64 levels deep");
    const levels = Array.from({ length: 9 }, (_, index) => {
      return `  l${index}: &l${index} [${(index === 0 ? "{ env: ID }," : `*l${index - 1},`).repeat(9)}]`;
    });
    expect(await readsOrRefuses(`version: 1\nproviders:\n  aws:\n  ${levels.join("\n  ")}`)).toContain(
      "more than 12000 values",
    );
  });
});
