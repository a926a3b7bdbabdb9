import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawnServer } from "./server-process.ts";

const KIND = "compute.VirtualMachine";
const ACCOUNT = "111111111111";
const SECRET = "a-token-key-of-more-than-32-bytes-for-tests";

let sandbox: Sandbox;
let folder: string;
let config: string;
let environment: Record<string, string>;

beforeAll(async () => {
  sandbox = await createSandbox();
  folder = await mkdtemp(join(tmpdir(), "cloudlink-server-"));
  config = join(folder, "cloudlink.yaml");
  const { accessKeyId, secretAccessKey } = sandbox.credentialsOf(ACCOUNT);
  environment = { KEY_ID: accessKeyId, SECRET_KEY: secretAccessKey, TOKEN_KEY: SECRET, CACHE: "true" };
  await writeFile(
    config,
    `version: 1
tenant: acme
providers: { aws: { endpoint: ${sandbox.endpoint} } }
accounts:
  - provider: aws
    account: "${ACCOUNT}"
    regions: [us-east-1, eu-west-1]
    credentials: { keys: { accessKeyId: { env: KEY_ID }, secretAccessKey: { env: SECRET_KEY } } }
server: { port: 0, tokenKey: { env: TOKEN_KEY }, maxTimeoutMs: 4321, drainMs: 20000 }
cache: { enabled: { env: CACHE }, maxEntries: 4321 }
`,
  );
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

const urlForm = /^cloudlink-server: (http:\S+) /;

describe("cloudlink-server", () => {
  test("serves what its configuration says, and names the accounts of that tenant", async () => {
    await using server = spawnServer(["--config", config], environment);
    const [, url] = await server.said(urlForm);
    const machine = sandbox.instances.list().find(({ account }) => account === ACCOUNT)?.arn ?? "";
    const found = await fetch(`${url}/v1/resource?ref=${encodeURIComponent(machine)}`);
    expect([found.status, await found.json()]).toMatchObject([200, { nativeId: machine }]);
    const other = await fetch(`${url}/v1/resources?kind=${KIND}&account=222222222222`);
    expect([other.status, await other.json()]).toMatchObject([400, { reason: "ErrUnknownAccount" }]);
    const late = await fetch(`${url}/v1/kinds`, { headers: { "x-cloudlink-timeout-ms": "4322" } });
    expect(late.status).toBe(200);
    const bounded = await fetch(`${url}/v1/resources?kind=${KIND}`, { headers: { "x-cloudlink-timeout-ms": "4322" } });
    expect(bounded.status).toBe(400);
    server.child.kill("SIGINT");
    expect(await server.ended).toEqual([0, null]);
    expect([...server.stdout, ...server.stderr].join("\n")).not.toContain(SECRET);
  });

  test.each([
    ["keeps what it sees, within the bounds of its configuration", "true", "memory", 4_321],
    ["keeps nothing where its configuration says so", "false", "live", 0],
  ])("%s", async (_, CACHE, source, maxEntries) => {
    await using server = spawnServer(["--config", config], { ...environment, CACHE });
    const [, url] = await server.said(urlForm);
    const machine = sandbox.instances.list().find(({ account }) => account === ACCOUNT)?.arn ?? "";
    const read = async () => {
      return (await fetch(`${url}/v1/resource?ref=${encodeURIComponent(machine)}&maxAgeMs=3600000`)).json();
    };
    expect(await read()).toMatchObject({ freshness: { source: "live" } });
    expect(await read()).toMatchObject({ freshness: { source } });
    expect(await (await fetch(`${url}/v1/cache`)).json()).toMatchObject({ maxEntries });
  });

  test("goes on with an operation of another server with the same token key, and with none of another key's", async () => {
    await using first = spawnServer(["--config", config], environment);
    await using second = spawnServer([], { ...environment, CLOUDLINK_CONFIG: config });
    await using foreign = spawnServer(["--config", config], { ...environment, TOKEN_KEY: SECRET.toUpperCase() });
    const [, url] = await first.said(urlForm);
    const machine = sandbox.instances
      .list()
      .find(({ account, state }) => account === ACCOUNT && state === "running")?.arn;
    const accepted = await fetch(`${url}/v1/actions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ref: machine, action: "stop" }),
    });
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get("location");
    const [, secondUrl] = await second.said(urlForm);
    expect((await fetch(`${secondUrl}${location}`)).status).toBe(200);
    const [, foreignUrl] = await foreign.said(urlForm);
    const refused = await fetch(`${foreignUrl}${location}`);
    expect([refused.status, await refused.json()]).toMatchObject([400, { reason: "ErrInvalidOperationToken" }]);
  });

  test("lets a list that runs come to its end at SIGTERM, and exits with 0", async () => {
    const held = sandbox.faults.add({ region: "eu-west-1", action: "DescribeInstances", fault: { kind: "hold" } });
    await using server = spawnServer(["--config", config], environment);
    const [, url] = await server.said(urlForm);
    const response = await fetch(`${url}/v1/resources?kind=${KIND}`, { headers: { accept: "application/x-ndjson" } });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? "";
    expect(text).toContain("/us-east-1/");
    expect(text).not.toContain("/eu-west-1/");
    server.child.kill("SIGTERM");
    await server.said(/"msg":"draining"/);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/v1/resources?kind=${KIND}`)).status).toBe(503);
    held.remove();
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) text += next.value;
    expect(text).toContain("/eu-west-1/");
    expect(text).toMatch(/\{"end":.*\}\n$/);
    expect(await server.ended).toEqual([0, null]);
    expect(server.stdout.at(-1)).toContain('"msg":"closed"');
  });

  test("takes two signals at once for one", async () => {
    await using server = spawnServer(["--config", config], environment);
    await server.said(urlForm);
    server.child.kill("SIGINT");
    server.child.kill("SIGINT");
    expect(await server.ended).toEqual([0, null]);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends at once at the second %s, with %d", async (signal, exitCode) => {
    const held = sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "hold" } });
    await using server = spawnServer(["--config", config], environment);
    const [, url] = await server.said(urlForm);
    const arrived = sandbox.nextRequest({ action: "DescribeInstances" });
    const cut = fetch(`${url}/v1/resources?kind=${KIND}`).catch(() => "cut");
    await arrived;
    server.child.kill(signal);
    await server.said(/"msg":"draining"/);
    // One that comes at once may be the same Ctrl-C, handed on: whoever means it presses again.
    let isOver = false;
    void server.ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      server.child.kill(signal);
      await fetch(`${url}/healthz`).catch(() => undefined);
    }
    expect(await server.ended).toEqual([exitCode, null]);
    expect(await cut).toBe("cut");
    held.remove();
  });

  test("needs no configuration: it serves the account that the environment's credentials lead to", async () => {
    const { accessKeyId, secretAccessKey } = sandbox.credentialsOf("222222222222");
    await using server = spawnServer(["--port", "0"], {
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      ...{ AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: sandbox.endpoint },
    });
    const [, url] = await server.said(urlForm);
    const page = (await (await fetch(`${url}/v1/resources?kind=${KIND}`)).json()) as { items: { ref: string }[] };
    expect(page.items.length).toBeGreaterThan(0);
    for (const { ref } of page.items) expect(ref).toMatch(/^aws\/aws\/222222222222\/eu-west-1\//);
    const { entries } = (await (await fetch(`${url}/v1/cache`)).json()) as { entries: number };
    expect(entries).toBeGreaterThanOrEqual(page.items.length);
  });

  test("logs to the stream and from the level that it is told, one JSON value a line", async () => {
    await using server = spawnServer(["--config", config, "--log-to", "stderr", "--log-level", "warn"], environment);
    const [, url] = await server.said(urlForm);
    await fetch(`${url}/healthz`);
    await fetch(`${url}/nothing`);
    const [line] = await server.said(/^\{.*"msg":"failed".*\}$/);
    expect(JSON.parse(line)).toMatchObject({ level: 40, status: 404 });
    server.child.kill("SIGTERM");
    await server.ended;
    expect(server.stdout).toEqual([]);
    expect(server.stderr.filter((each) => each.includes('"msg":"request"'))).toEqual([]);
  });

  test.each([
    ["0.0.0.0", /no authentication/],
    ["::", /no authentication/],
    ["192.0.2.1", /no authentication/],
    ["localhost", /no authentication/],
  ])("does not listen on %s, and says why", async (address, why) => {
    await using server = spawnServer(["--address", address, "--port", "0"]);
    expect(await server.ended).toEqual([1, null]);
    expect(server.stderr.join("\n")).toMatch(why);
    expect(server.stderr).toHaveLength(1);
  });

  test("says how to choose another port when its own is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await using server = spawnServer(["--port", String(port)]);
    expect(await server.ended).toEqual([1, null]);
    expect(server.stderr).toEqual([expect.stringMatching(new RegExp(`Port ${port} is taken.*--port`))]);
    other.close();
  });

  test("says where a configuration is wrong", async () => {
    const wrong = join(folder, "wrong.yaml");
    await writeFile(wrong, "version: 1\nserver: { address: 0.0.0.0 }\n");
    await using server = spawnServer(["--config", wrong]);
    expect(await server.ended).toEqual([1, null]);
    expect(server.stderr.join("\n")).toMatch(/wrong\.yaml:2:\d+: .*loopback/);
    await using missing = spawnServer(["--config", join(folder, "missing.yaml")]);
    expect(await missing.ended).toEqual([1, null]);
    expect(missing.stderr.join("\n")).toMatch(/missing\.yaml.*does not exist/);
  });

  test("goes on when nobody reads its log any more", async () => {
    await using server = spawnServer(["--config", config], environment);
    const [, url] = await server.said(urlForm);
    server.child.stdout?.destroy();
    for (let asked = 0; asked < 5; asked += 1) expect((await fetch(`${url}/healthz`)).status).toBe(200);
    server.child.kill("SIGTERM");
    expect(await server.ended).toEqual([0, null]);
  });
});
