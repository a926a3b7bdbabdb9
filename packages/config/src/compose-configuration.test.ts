import { inspect } from "node:util";
import { background, CloudLinkError, createScope, type ScopeParts } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { errorOf, shown } from "../test/outcome.ts";
import { type TinyPlugin, tinyPlugin } from "../test/tiny-plugin.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { composeConfiguration } from "./compose-configuration.ts";
import type { Composition } from "./composition.ts";
import { readConfiguration } from "./read-configuration.ts";

const environment = {
  ID: "id-1",
  KEY: "hunter22hunter22",
  TOKEN_KEY: "0123456789abcdef0123456789abcdef",
  SIZE: "7",
  ON: "true",
};
const ctx = background();

async function compose(text: string, plugins: readonly TinyPlugin[] = [tinyPlugin()]): Promise<Composition> {
  return await composeConfiguration(await readConfiguration({ text, environment }), { plugins });
}

async function problemsOf(text: string, plugins: readonly TinyPlugin[] = [tinyPlugin()]): Promise<readonly string[]> {
  return shown(await checkConfiguration({ text, environment, plugins }));
}

function scope(parts: Partial<ScopeParts> = {}) {
  return createScope({
    tenant: "default",
    provider: "tiny",
    partition: "main",
    account: "1",
    role: "default",
    region: "r",
    ...parts,
  });
}

describe("the providers of a composition", () => {
  it("are those that the configuration names, made with its settings", async () => {
    const [one, two, three] = [tinyPlugin({ name: "one" }), tinyPlugin({ name: "two" }), tinyPlugin({ name: "three" })];
    const text = "version: 1\nproviders: { two: { endpoint: x, nested: { list: [a] } }, one: {} }";
    const { providers } = await compose(text, [one, two, three]);
    expect(providers.map(({ metadata }) => metadata.name)).toEqual(["two", "one"]);
    expect([one.log, two.log, three.log]).toEqual([[{}], [{ endpoint: "x", nested: { list: ["a"] } }], []]);
  });

  it("are all of the program's, if the configuration names none", async () => {
    const { providers } = await compose("version: 1", [tinyPlugin({ name: "one" }), tinyPlugin({ name: "two" })]);
    expect(providers.map(({ metadata }) => metadata.name)).toEqual(["one", "two"]);
  });

  it("get numbers and booleans from references where their schema wants those", async () => {
    const tiny = tinyPlugin();
    await compose(
      "version: 1\nproviders: { tiny: { endpoint: { env: SIZE }, size: { env: SIZE }, on: { env: ON } } }",
      [tiny],
    );
    expect(tiny.log).toEqual([{ endpoint: "7", size: 7, on: true }]);
  });

  it.each([
    [
      "a provider that the program lacks",
      "{ tiy: {} }",
      '2:14: this program has no provider "tiy"; did you mean "tiny"?',
    ],
    ["a provider far from any", "{ elsewhere: {} }", '2:14: this program has no provider "elsewhere"; it has tiny'],
    ["an unknown setting", "{ tiny: { endpont: x } }", '2:22: unknown key "endpont"; did you mean "endpoint"?'],
    [
      "a setting within another",
      "{ tiny: { nested: { list: [a, 1] } } }",
      '2:42: "providers.tiny.nested.list[1]" has to be text',
    ],
    ["a setting that is out of bounds", "{ tiny: { size: 10 } }", '2:28: "providers.tiny.size" has to be 9 or less'],
    [
      "a setting from a variable",
      "{ tiny: { size: { env: KEY } } }",
      '2:28: "providers.tiny.size" has to be a number, not text',
    ],
  ])("are refused with line and column: %s", async (_, providers, problem) => {
    const text = `version: 1\nproviders: ${providers}`;
    const tiny = tinyPlugin();
    const problems = await problemsOf(text, [tiny]);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    const error = await errorOf(compose(text, [tiny]));
    expect(error).toMatchObject({ reason: "ErrInvalidSettings", rawMessage: `cloudlink.yaml:${problems[0]}` });
    expect(tiny.log).toEqual([]);
  });

  it("keep what a schema of another library repeats out of the message", async () => {
    const issues = [{ message: "hunter22hunter22 is no endpoint", path: [{ key: "endpoint" }] }];
    const schema = { "~standard": { version: 1, vendor: "other", validate: async () => ({ issues }) } } as const;
    const text = "version: 1\nproviders: { tiny: { endpoint: { env: KEY } } }";
    expect(await problemsOf(text, [tinyPlugin({ schema })])).toEqual([
      '2:32: "providers.tiny.endpoint": [redacted] is no endpoint',
    ]);
  });

  it("that need settings are refused where the configuration has none", async () => {
    const issues = [{ message: "is missing", path: ["endpoint"] }];
    const schema = { "~standard": { version: 1, vendor: "other", validate: () => ({ issues }) } } as const;
    expect(await problemsOf("version: 1", [tinyPlugin({ schema })])).toEqual([
      '1:1: "providers.tiny.endpoint": is missing',
    ]);
  });

  it("are closed if a later one fails, whose own words stay out of the message", async () => {
    const first = tinyPlugin({ name: "first" });
    const fail = (thrown: unknown) => ({
      create: () => {
        throw thrown;
      },
    });
    const error = await errorOf(compose("version: 1", [first, tinyPlugin(fail(new Error("hunter22hunter22")))]));
    expect(error).toMatchObject({ reason: "ErrProviderFault", origin: "plugin", provider: "tiny" });
    expect(error.rawMessage).toBe('create() of the provider "tiny" failed.');
    expect(first.log).toEqual([{}, "closed"]);
    const own = new CloudLinkError({ reason: "ErrInvalidSettings", message: "no", origin: "plugin" });
    expect(await errorOf(compose("version: 1", [tinyPlugin(fail(own))]))).toBe(own);
  });

  it("are the plugin's fault if the schema throws, and the program's if two have one name", async () => {
    const validate = () => {
      throw new Error("hunter22hunter22");
    };
    const schema = { "~standard": { version: 1, vendor: "other", validate } } as const;
    expect(await errorOf(compose("version: 1", [tinyPlugin({ schema })]))).toMatchObject({
      reason: "ErrProviderFault",
      rawMessage: 'The settings schema of the provider "tiny" failed.',
    });
    expect(await errorOf(compose("version: 1", [tinyPlugin(), tinyPlugin()]))).toMatchObject({
      reason: "ErrInvalidSettings",
      rawMessage: 'There are two plugins of the name "tiny". Give one of them.',
    });
  });
});

describe("the accounts of a composition", () => {
  const account = (rest: string) =>
    `version: 1\naccounts:\n  - { provider: tiny, account: "1", regions: "*"${rest} }\n`;

  it("are left out, with the credentials, where the configuration has none", async () => {
    const composition = await compose("version: 1");
    expect(Object.keys(composition)).toEqual(["providers"]);
  });

  it("have the provider's first partition where none is given, and no credentials", async () => {
    const { accounts } = await compose(account(", name: x, listRegions: [r]"));
    expect(accounts).toEqual([
      {
        provider: "tiny",
        partition: "main",
        account: "1",
        name: "x",
        regions: "*",
        listRegions: ["r"],
        role: "default",
      },
    ]);
    expect(Object.isFrozen(accounts) && Object.isFrozen(accounts?.[0])).toBe(true);
    expect((await compose(account(", partition: other"))).accounts?.[0]?.partition).toBe("other");
    const alone = tinyPlugin({ metadata: { partitions: ["-"] } });
    expect((await compose(account(""), [alone])).accounts?.[0]?.partition).toBe("-");
  });

  it.each([
    [
      "a partition that is none",
      account(", partition: othr"),
      '3:62: "accounts[0].partition" is not a partition of the provider "tiny": "othr"; did you mean "other"?',
    ],
    [
      "a partition far from any",
      account(", partition: elsewhere"),
      '3:62: "accounts[0].partition" is not a partition of the provider "tiny": "elsewhere"; known are main, other',
    ],
    [
      "a partition from a variable",
      account(", partition: { env: KEY }"),
      '3:62: "accounts[0].partition" is not a partition of the provider "tiny"; known are main, other',
    ],
    [
      "a provider that the program lacks",
      account("").replace("tiny", "tinny"),
      '3:17: "accounts[0].provider" is not a provider of this program: "tinny"; did you mean "tiny"?',
    ],
    [
      "a key that the provider lacks",
      account(", credentials: { keys: { id: { env: ID }, kee: { env: KEY } } }"),
      '3:91: the provider "tiny" has no key "kee"; did you mean "key"?',
    ],
    [
      "a key far from any",
      account(", credentials: { keys: { elsewhere: { env: KEY } } }"),
      '3:74: the provider "tiny" has no key "elsewhere"; known are id, key',
    ],
    [
      "an ambient parameter that the provider lacks",
      account(", credentials: { ambient: { profile: one, roel: { env: ID } } }"),
      '3:91: the provider "tiny" has no ambient parameter "roel"; did you mean "role"?',
    ],
    [
      "an ambient parameter far from any",
      account(", credentials: { ambient: { elsewhere: one } }"),
      '3:77: the provider "tiny" has no ambient parameter "elsewhere"; known are profile, role',
    ],
    [
      "an account that is the same once its partition is known",
      `${account("")}  - { provider: tiny, account: "1", regions: "*", partition: main }`,
      '4:5: "accounts[1]" is the same account as "accounts[0]" on line 3; list it once',
    ],
  ])("are refused with line and column: %s", async (_, text, problem) => {
    const tiny = tinyPlugin();
    expect(await problemsOf(text, [tiny])).toEqual([problem]);
    expect((await errorOf(compose(text, [tiny]))).rawMessage).toBe(`cloudlink.yaml:${problem}`);
    expect(tiny.log).toEqual([{}, "closed", {}, "closed"]);
  });

  it("are refused ambient credentials where the provider takes none", async () => {
    const tiny = tinyPlugin({ metadata: { credentials: { ambient: false, parameters: [], keys: ["id", "key"] } } });
    expect(await problemsOf(account(""), [tiny])).toEqual([
      '3:5: "accounts[0].credentials" cannot be ambient: the provider "tiny" takes keys (id, key)',
    ]);
  });
});

describe("the credentials of a composition", () => {
  const text = `version: 1
tenant: acme
accounts:
  - { provider: tiny, account: "1", regions: "*", credentials: { ambient: { profile: one } } }
  - { provider: tiny, account: "2", regions: "*", role: admin, credentials: { keys: { id: { env: ID }, key: { env: KEY } } } }
`;
  const acme = (parts: Partial<ScopeParts>) => scope({ tenant: "acme", ...parts });

  it("are ambient leases with the account's parameters, and leases of its keys", async () => {
    const { credentials } = await compose(text);
    const ambient = await credentials?.lease(ctx, acme({}));
    expect(ambient).toMatchObject({ kind: "ambient", parameters: { profile: "one" } });
    const keys = await credentials?.lease(ctx, acme({ account: "2", role: "admin" }));
    expect(keys?.kind === "keys" && keys.keys.reveal()).toEqual({ id: "id-1", key: "hunter22hunter22" });
    expect(inspect(credentials, { depth: 9, showHidden: true })).not.toContain("hunter22");
  });

  it("are the same lease for calls of one scope until the vendor refuses it", async () => {
    const { credentials } = await compose(text);
    for (const each of [acme({}), acme({ account: "2", role: "admin" })]) {
      const lease = await credentials?.lease(ctx, each);
      expect(await credentials?.lease(ctx, each)).toBe(lease);
      if (lease !== undefined) credentials?.refused(lease);
      expect(await credentials?.lease(ctx, each)).not.toBe(lease);
    }
  });

  it.each([
    ["another account", acme({ account: "3" }), "has no account tiny/main/3 with the role default"],
    ["another role", acme({ role: "admin" }), "has no account tiny/main/1 with the role admin"],
    ["another partition", acme({ partition: "other" }), "has no account tiny/other/1"],
    ["another provider", acme({ provider: "big" }), "has no account big/main/1"],
    ["another tenant", scope(), 'belong to the tenant "acme", and the call is made for another'],
  ])("are there for the configuration's own alone: %s", async (_, other, message) => {
    const { credentials } = await compose(text);
    const error = await errorOf(credentials?.lease(ctx, other) ?? Promise.resolve());
    expect(error).toMatchObject({ code: "unauthenticated", reason: "ErrCredentialsMissing" });
    expect(error.rawMessage).toContain(message);
  });
});

describe("the rest of a composition", () => {
  it("is what the configuration says under the names that a kernel has for it", async () => {
    const text = "version: 1\nlimits: { timeoutMs: 5, concurrency: 6 }\nserver: { tokenKey: { env: TOKEN_KEY } }";
    const { tokenKey, defaultTimeoutMs, concurrency } = await compose(text);
    expect([defaultTimeoutMs, concurrency]).toEqual([5, 6]);
    expect(new TextDecoder().decode(tokenKey)).toBe(environment.TOKEN_KEY);
  });

  it("does not show the token key where it is printed", async () => {
    const composition = await compose("version: 1\nserver: { tokenKey: { env: TOKEN_KEY } }");
    for (const shown of [inspect(composition, { depth: 9 }), JSON.stringify(composition)]) {
      expect(shown).toContain("[secret]");
      expect(shown).not.toMatch(/48,\s*49,\s*50|"0":48|0123456789/);
    }
    expect({ ...composition }.tokenKey).toBeInstanceOf(Uint8Array);
  });

  it("comes of a configuration that was made otherwise, too", async () => {
    const configuration = { ...(await readConfiguration({ text: "version: 1", environment })), providers: { tiy: {} } };
    const error = await errorOf(composeConfiguration(configuration, { plugins: [tinyPlugin()] }));
    expect(error.rawMessage).toBe('configuration:1:1: this program has no provider "tiy"; did you mean "tiny"?');
  });
});

describe("checkConfiguration", () => {
  it("finds nothing in a configuration that can be used, and closes what it made for that", async () => {
    const tiny = tinyPlugin();
    expect(await problemsOf("version: 1", [tiny])).toEqual([]);
    expect(tiny.log).toEqual([{}, "closed"]);
    expect(await checkConfiguration({ text: "version: 1\nproviders: { any: {} }", environment })).toEqual([]);
  });

  it("tells more problems than an error has room for", async () => {
    const limits = Array.from(
      { length: 30 },
      (_, index) => `  - { provider: P${index}, account: "${index}", regions: "*" }`,
    );
    expect(await problemsOf(`version: 1\naccounts:\n${limits.join("\n")}`)).toHaveLength(30);
  });
});

describe("the limits of an account", () => {
  const limit = {
    name: "reads",
    dimensions: ["account"],
    operations: ["Read"],
    burst: 10,
    refillPerSecond: 1,
  } as const;
  const plugin = () => tinyPlugin({ metadata: { limits: [limit, { ...limit, name: "writes" }] } });
  const text = (limits: string) => `version: 1
accounts:
  - { provider: tiny, account: "1", regions: "*", limits: ${limits} }
  - { provider: tiny, account: "2", regions: "*" }`;

  it("are what its vendor raised them to, and as they are declared for every other", async () => {
    const { limits, accounts } = await compose(text("{ reads: { burst: 40, refillPerSecond: 2.5 }, writes: none }"), [
      plugin(),
    ]);
    const of = (name: string, account: string) => limits?.of({ name, scope: scope({ account }) });
    expect(of("reads", "1")).toEqual({ burst: 40, refillPerSecond: 2.5 });
    expect(of("writes", "1")).toBe("none");
    expect([of("reads", "2"), of("constructor", "1")]).toEqual([undefined, undefined]);
    expect(accounts?.[0]).not.toHaveProperty("limits");
    expect((await compose(text("{}"), [plugin()])).limits).toBeUndefined();
  });

  it("are refused by a name that the provider does not declare, and where they would let nothing through", async () => {
    const [problem] = await problemsOf(text("{ raeds: none }"), [plugin()]);
    expect(problem).toContain('the provider "tiny" has no limit "raeds"; did you mean "reads"?');
    expect(await problemsOf(text("{ reads: { burst: 0, refillPerSecond: 1 } }"), [plugin()])).toHaveLength(1);
    expect(await problemsOf(text("{ reads: { burst: 1, refillPerSecond: 0 } }"), [plugin()])).toHaveLength(1);
  });
});
