import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf, problemsOf } from "../test/outcome.ts";
import type { FileReader } from "./configuration-source.ts";
import { readConfiguration } from "./read-configuration.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloudlink-config-"));
  await mkdir(join(folder, "secrets"));
  await writeFile(join(folder, "secrets/key"), "of-a-file\r\n");
  await writeFile(join(folder, "secrets/empty"), "\n");
  await writeFile(join(folder, "secrets/large"), "x".repeat(16 * 1024 + 1));
  await writeFile(join(folder, "secrets/binary"), new Uint8Array([0xff, 0xfe]));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a reference", () => {
  it("stands for any scalar, and gives the number, boolean or text that is wanted there", async () => {
    const text = `version: { env: VERSION }
tenant: { file: secrets/key }
providers:
  tiny: { size: { env: NUMBER }, list: [{ env: NUMBER }] }
accounts:
  - provider: { env: PROVIDER }
    account: { env: NUMBER }
    regions: { env: STAR }
    credentials: { ambient: { profile: { env: NUMBER } } }
limits: { timeoutMs: { env: NUMBER } }
`;
    const environment = { VERSION: "1", NUMBER: "12", PROVIDER: "tiny", STAR: "*" };
    const configuration = await readConfiguration({ text, path: join(folder, "cloudlink.yaml"), environment });
    expect(configuration).toMatchObject({
      version: 1,
      tenant: "of-a-file",
      providers: { tiny: { size: "12", list: ["12"] } },
      accounts: [
        {
          provider: "tiny",
          account: "12",
          regions: "*",
          credentials: { kind: "ambient", parameters: { profile: "12" } },
        },
      ],
      limits: { timeoutMs: 12 },
    });
  });

  it("is read from the environment of the process and the current folder, if nothing is given", async () => {
    const { tenant } = await readConfiguration({ text: "version: 1\ntenant: { env: NODE_ENV }" });
    expect(tenant).toBe(process.env.NODE_ENV);
    const error = await errorOf(readConfiguration({ text: "version: 1\ntenant: { file: ./no-such-file }" }));
    expect(error.rawMessage).toContain('"tenant" has no value: the file ./no-such-file does not exist');
  });

  it("to a file is followed once, however often it stands there", async () => {
    const paths: string[] = [];
    const readFile: FileReader = async ({ path }) => {
      paths.push(path);
      return Buffer.from("a");
    };
    const text = "version: 1\ntenant: &f { file: a }\nproviders: { a: { b: *f, c: [{ file: a }, { file: b }] } }";
    const { providers } = await readConfiguration({ text, path: "/conf/cloudlink.yaml", readFile });
    expect(providers).toEqual({ a: { b: "a", c: ["a", "a"] } });
    expect(paths).toEqual(["/conf/a", "/conf/b"]);
  });

  it.each([
    ["a variable that is not set", "{ env: NONE }", '2:9: "tenant" has no value: the variable NONE is not set'],
    ["a variable that is empty", "{ env: EMPTY }", '2:9: "tenant" has no value: the variable EMPTY is empty'],
    [
      "what every object has",
      "{ env: constructor }",
      '2:9: "tenant" has no value: the variable that it names is not set',
    ],
    [
      "what may be a secret",
      "{ env: wJalrXUtnFEMI/K7MDENG }",
      '2:9: "tenant" has no value: the variable that it names is not set',
    ],
    [
      "a file that is not there",
      "{ file: ./secrets/none }",
      '2:9: "tenant" has no value: the file ./secrets/none does not exist',
    ],
    [
      "what may be a secret for a file",
      "{ file: wJalrXUtnFEMI }",
      '2:9: "tenant" has no value: the file that it names does not exist',
    ],
    [
      "a file that is empty",
      "{ file: ./secrets/empty }",
      '2:9: "tenant" has no value: the file ./secrets/empty is empty',
    ],
    [
      "a file that is too large",
      "{ file: ./secrets/large }",
      '2:9: "tenant" has no value: the file ./secrets/large has more than 16384 bytes',
    ],
    [
      "a file that is not text",
      "{ file: ./secrets/binary }",
      '2:9: "tenant" has no value: the file ./secrets/binary is not UTF-8',
    ],
    ["a folder", "{ file: ./secrets }", '2:9: "tenant" has no value: the file ./secrets is not a regular file'],
    ["a device", "{ file: /dev/zero }", '2:9: "tenant" has no value: the file /dev/zero is not a regular file'],
    ["a block", "\n  env: NONE", '3:3: "tenant" has no value: the variable NONE is not set'],
    ["two at once", "{ env: A, file: B }", '2:9: "tenant" has to be text, not a mapping'],
    ["a number", "{ env: 1 }", '2:9: "tenant" has to be text, not a mapping'],
  ])("that leads nowhere is told of at its place: %s", async (_, reference, problem) => {
    const source = { path: join(folder, "cloudlink.yaml"), environment: { EMPTY: "" } };
    expect(await problemsOf(`version: 1\ntenant: ${reference}`, source)).toEqual([problem]);
  });

  it("whose text is not what is wanted is told of without the text", async () => {
    const text = `version: { env: A }
accounts:
  - { provider: { env: A }, account: "1", regions: [{ env: A }, { env: A }], listRegions: [{ env: B }] }
  - { provider: aws, account: "2", regions: { env: A }, credentials: { env: A } }
limits: { timeoutMs: { env: A }, concurrency: { env: ZERO } }
server: { address: { env: A }, port: { env: B }, tokenKey: { env: A } }
`;
    const environment = { A: "hunter22 hunter22", B: "hunter-33", ZERO: "0" };
    const problems = await problemsOf(text, { environment });
    expect(problems.map((problem) => problem.split('" ')[0])).toEqual([
      '1:10: "version',
      '3:17: "accounts[0].provider',
      '3:53: "accounts[0].regions[0]',
      '3:65: "accounts[0].regions[1]',
      '3:65: "accounts[0].regions[1]',
      '3:92: "accounts[0].listRegions[0]',
      '4:45: "accounts[1].regions',
      '4:70: "accounts[1].credentials',
      '5:22: "limits.timeoutMs',
      '5:47: "limits.concurrency',
      '6:20: "server.address',
      '6:38: "server.port',
      '6:60: "server.tokenKey',
    ]);
    expect(problems.join()).not.toMatch(/hunter/);
    expect(problems.find((problem) => problem.startsWith("5:47"))).toContain("has to be 1 or more");
  });
});

describe("a secret", () => {
  const secret = "wJalrXUtnFEMI-K7MDENG-bPxRfiCY";

  it.each([
    ["plain", secret],
    ["quoted", `"${secret}"`],
    ["in a list", `[${secret}]`],
    ["in a mapping", `{ value: ${secret} }`],
    ["as a key", `{ ${secret} }`],
    ["a number", "1234567890123"],
    ["of several lines", `|\n      ${secret}`],
    ["with a default", `{ env: ID, default: ${secret} }`],
  ])("is a reference, and refused where it is not, without being repeated: %s", async (_, value) => {
    for (const [text, place] of [
      [`version: 1\nserver:\n  tokenKey: ${value}`, '3:13: "server.tokenKey"'],
      [
        `version: 1\naccounts:\n- provider: aws\n  account: "1"\n  regions: "*"\n  credentials: \n   keys:\n    key: ${value}`,
        '8:10: "accounts[0].credentials.keys.key"',
      ],
    ] as const) {
      const problems = await problemsOf(text, { environment: { ID: "x" } });
      expect(problems).toEqual([
        `${place} is a secret; write { env: NAME } or { file: PATH } in its place, not the secret itself`,
      ]);
      const error = await errorOf(readConfiguration({ text, environment: { ID: "x" } }));
      expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toMatch(/wJalr|1234567890123/);
    }
  });

  it.each(["!", "*", "&", "@", "%", "|", '"\\', "[", "{", "`", "- "])(
    "does not show in a syntax error: %s",
    async (mark) => {
      const error = await errorOf(
        readConfiguration({ text: `version: 1\nserver:\n  tokenKey: ${mark}${secret}\n`, environment: {} }),
      );
      expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain(secret.slice(1, 9));
    },
  );

  it("that is missing has no value, and is told of once", async () => {
    expect(await problemsOf("version: 1\nserver: { tokenKey: }")).toEqual(['2:21: "server.tokenKey" has no value']);
    expect(await problemsOf("version: 1\nserver: { tokenKey: { env: NONE } }")).toEqual([
      '2:21: "server.tokenKey" has no value: the variable that it names is not set',
    ]);
  });

  it.each([
    ["AKIAIOSFODNN7EXAMPLE", "env"],
    ["/JalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "file"],
    ["./JalrXUtnFEMI", "file"],
  ])("that was written as the name of a reference does not show: %s", async (text, by) => {
    const at = `version: 1
accounts: [{ provider: aws, account: "1", regions: "*", credentials: { keys: { key: { ${by}: ${text} } } } }]
server: { tokenKey: { ${by}: ${text} } }`;
    const problems = await problemsOf(at, { environment: {} });
    expect(problems.map((problem) => problem.split('" ')[0])).toEqual([
      '2:85: "accounts[0].credentials.keys.key',
      '3:21: "server.tokenKey',
    ]);
    expect(problems.join()).not.toContain(text.slice(2, 9));
  });

  it("does not show when a configuration is printed, inspected or made JSON", async () => {
    const text = `version: 1
accounts: [{ provider: aws, account: "1", regions: "*", credentials: { keys: { key: { env: KEY } } } }]
server: { tokenKey: { env: TOKEN_KEY } }`;
    const environment = { KEY: secret, TOKEN_KEY: `${secret}-and-so-on` };
    const configuration = await readConfiguration({ text, environment });
    const bytes = inspect(new TextEncoder().encode(secret)).slice(15, 35);
    for (const shown of [inspect(configuration, { depth: 9, showHidden: true }), JSON.stringify(configuration)]) {
      expect(shown).toContain("[secret]");
      expect(shown).not.toContain(secret.slice(0, 8));
      expect(shown).not.toContain(bytes);
    }
  });
});
