import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { parse as parseCsv } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNT, REGION, runCommand, type Way } from "./harness.ts";
import { runInProcess } from "./in-process.ts";

const OTHER = "222222222222";
const cloud = { machines: [] };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloudlink-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const good = `version: 1
tenant: acme
providers: { aws: {} }
accounts:
  - provider: aws
    partition: aws
    account: "${ACCOUNT}"
    name: production
    regions: [${REGION}]
    credentials: { ambient: { profile: prod, externalId: very-secret } }
  - provider: aws
    partition: aws
    account: "${OTHER}"
    regions: "*"
    listRegions: [${REGION}]
    credentials: { keys: { accessKeyId: { env: KEY_ID }, secretAccessKey: { env: SECRET } } }
`;
const env = { KEY_ID: "AKIASECRETSECRET0000", SECRET: "hunter2hunter2" };

describe("config check", () => {
  test("says what a file that can be used comes to, and no secret of it", async () => {
    const path = await written("good.yaml", good);
    for (const form of ["table", "wide", "json", "jsonl", "yaml", "csv", "name"]) {
      const { exitCode, stdout, stderr } = await runInProcess(["config", "check", path, "-o", form], { cloud, env });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain(ACCOUNT);
      for (const secret of ["hunter2", "AKIASECRET", "very-secret"]) expect(stdout).not.toContain(secret);
    }
    const { stdout } = await runInProcess(["config", "check", path, "--json"], { cloud, env });
    expect(JSON.parse(stdout)).toEqual({
      file: path,
      ok: true,
      tenant: "acme",
      providers: ["aws"],
      accounts: [
        {
          provider: "aws",
          account: ACCOUNT,
          name: "production",
          regions: [REGION],
          role: "default",
          credentials: "ambient (profile, externalId)",
        },
        { provider: "aws", account: OTHER, regions: "*", role: "default", credentials: "keys" },
      ],
    });
    const text = await runInProcess(["config", "check"], { cloud, env: { ...env, CLOUDLINK_CONFIG: path } });
    expect(text.stdout).toMatch(/good\.yaml: ok\nTenant acme, providers aws, these accounts:\nPROVIDER /);
  });

  test("shows every mistake with file, line and column, and exits with 2", async () => {
    const path = await written("bad.yaml", "version: 1\ntenent: x\nlimits: { concurrency: none }\n");
    const text = await runInProcess(["config", "check", path], { cloud });
    expect(text.exitCode).toBe(2);
    expect(text.stdout).toContain(`${path}:2:1: `);
    expect(text.stdout).toContain(`${path}:3:`);
    const json = JSON.parse((await runInProcess(["config", "check", path, "--json"], { cloud })).stdout);
    expect(json).toMatchObject({ ok: false, problems: [{ line: 2, column: 1 }, { line: 3 }] });
    const csv = await runInProcess(["config", "check", path, "-o", "csv"], { cloud });
    expect(parseCsv(csv.stdout)[0]).toEqual(["file", "line", "column", "message"]);
  });

  test("of a provider's settings, too", async () => {
    const path = await written("settings.yaml", "version: 1\nproviders:\n  aws:\n    endpiont: http://127.0.0.1\n");
    const { exitCode, stdout } = await runInProcess(["config", "check", path], { cloud });
    expect(exitCode).toBe(2);
    expect(stdout).toContain(`${path}:4:5: `);
  });

  test("without a file takes none from the current folder", async () => {
    const { exitCode, stderr } = await runInProcess(["config", "check"], { cloud });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("CLOUDLINK_CONFIG");
    const missing = await runInProcess(["config", "check", join(folder, "missing.yaml")], { cloud });
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain("ErrInvalidSettings");
  });
});

test("config schema prints the JSON Schema", async () => {
  const { exitCode, stdout } = await runInProcess(["config", "schema"], { cloud });
  expect(exitCode).toBe(0);
  const schema = JSON.parse(stdout);
  expect(schema.$schema).toContain("json-schema.org");
  expect(schema.properties).toHaveProperty("accounts");
});

describe("--config", () => {
  let sandbox: Sandbox;
  let path: string;
  const way = (args: readonly string[] = ["--config", path]): Way => {
    const keys = sandbox.credentialsOf(ACCOUNT);
    const others = sandbox.credentialsOf(OTHER);
    return {
      args,
      env: {
        ...{ PATH: process.env.PATH ?? "", HOME: folder, TOKEN_KEY: "k".repeat(32) },
        ...{ KEY_ID: keys.accessKeyId, SECRET: keys.secretAccessKey },
        ...{ OTHER_KEY_ID: others.accessKeyId, OTHER_SECRET: others.secretAccessKey },
      },
    };
  };
  const id = "i-0000000000000000a";
  const arn = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;

  beforeAll(async () => {
    sandbox = await createSandbox({
      instances: [
        { id, account: ACCOUNT, region: REGION, state: "running" },
        { id: "i-0000000000000000b", account: OTHER, region: REGION, state: "running" },
      ],
      transitions: { pendingMs: 0, stoppingMs: 0 },
    });
    const account = (number: string, keys: string) => `
  - provider: aws
    partition: aws
    account: "${number}"
    regions: [${REGION}]
    credentials: { keys: { accessKeyId: { env: ${keys}KEY_ID }, secretAccessKey: { env: ${keys}SECRET } } }`;
    path = await written(
      "sandbox.yaml",
      `version: 1
tenant: acme
providers: { aws: { endpoint: "${sandbox.endpoint}" } }
accounts:${account(ACCOUNT, "")}${account(OTHER, "OTHER_")}
server: { tokenKey: { env: TOKEN_KEY } }
`,
    );
  });
  afterAll(() => sandbox.close());

  test("calls the accounts of the configuration, as it says", async () => {
    const { exitCode, stdout } = await runCommand(way(), ["list", "--fields", "ref.account", "-o", "csv"]);
    expect(exitCode).toBe(0);
    expect(stdout.trim().split("\n").slice(1).sort()).toEqual([ACCOUNT, OTHER]);
    const byVariable = { ...way([]), env: { ...way().env, CLOUDLINK_CONFIG: path } };
    expect((await runCommand(byVariable, ["get", arn, "-o", "name"])).exitCode).toBe(0);
  });

  test("with a tokenKey, another process follows an operation by its token", async () => {
    const stop = await runCommand(way(), ["stop", arn, "--yes", "--json"]);
    expect(stop.exitCode).toBe(0);
    const { token } = JSON.parse(stop.stdout);
    const followed = await runCommand(way(), ["operation", token, "--wait", "--json"]);
    expect(JSON.parse(followed.stdout)).toMatchObject({ action: "stop", state: "done" });
  });

  test("of a file that cannot be used shows a line for each mistake: exit code 2", async () => {
    const bad = await written("unusable.yaml", "version: 1\ntenent: x\nlimits: { concurrency: none }\n");
    const { exitCode, stderr } = await runCommand(way(["--config", bad]), ["list"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/unusable\.yaml:2:1: .*\n {2}.*unusable\.yaml:3:/);
  });

  test("is not taken from the current folder", async () => {
    await written("cloudlink.yaml", "this is no configuration");
    const { exitCode, stderr } = await runCommand({ ...way([]), cwd: folder }, ["kinds"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});
