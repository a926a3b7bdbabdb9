import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CacheStatsForm, mediaTypes, type ReadinessForm } from "@cloudlink/client/wire";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { type RedisNode, startRedis } from "@cloudlink/testbed";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ServerProcess, spawnServer } from "./server-process.ts";

/** What comes by itself, on a machine that may be busy with other tests. */
const eventually = (look: () => unknown) => expect.poll(look, { timeout: 20_000 });

const ACCOUNT = "111111111111";
const PASSWORD = "a-password-of-redis";
const calls = { action: "DescribeInstances" };

let sandbox: Sandbox;
let redis: RedisNode;
let folder: string;
let environment: Record<string, string>;
const running: ServerProcess[] = [];

beforeAll(async () => {
  [sandbox, redis] = await Promise.all([createSandbox(), startRedis({ password: PASSWORD })]);
  folder = await mkdtemp(join(tmpdir(), "cloudlink-shared-"));
  const { accessKeyId, secretAccessKey } = sandbox.credentialsOf(ACCOUNT);
  environment = { KEY_ID: accessKeyId, SECRET_KEY: secretAccessKey, SHARED_REDIS: redis.url };
});
beforeEach(async () => {
  await redis.command(["FLUSHALL"]);
  sandbox.requests.clear();
});
afterEach(async () => {
  for (const server of running.splice(0)) await server[Symbol.asyncDispose]();
});
afterAll(async () => {
  await Promise.all([sandbox.close(), redis.stop(), rm(folder, { recursive: true, force: true })]);
});

/** A server, and what it answers. */
async function serve(more: string, { variables = {} }: { readonly variables?: Record<string, string> } = {}) {
  const config = join(folder, `${running.length}.yaml`);
  await writeFile(
    config,
    `version: 1
providers: { aws: { endpoint: ${sandbox.endpoint} } }
accounts:
  - provider: aws
    account: "${ACCOUNT}"
    regions: [us-east-1, eu-west-1]
    credentials: { keys: { accessKeyId: { env: KEY_ID }, secretAccessKey: { env: SECRET_KEY } } }
server: { port: 0 }
${more}
`,
  );
  return await started(["--config", config], { ...environment, ...variables });
}

async function started(argv: readonly string[], variables: Record<string, string>) {
  const server = spawnServer(argv, variables);
  running.push(server);
  const [, url] = await server.said(/^cloudlink-server: (http:\S+) /);
  const json = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).json();
  return {
    server,
    url,
    ready: async () => (await json("/readyz")) as ReadinessForm,
    stats: async () => (await json("/v1/cache")) as CacheStatsForm,
    read: async (ref: string) => (await json(`/v1/resource?ref=${encodeURIComponent(ref)}&maxAgeMs=3600000`)) as Answer,
    act: (ref: string, key: string) =>
      fetch(`${url}/v1/actions`, {
        method: "POST",
        headers: { "content-type": mediaTypes.json, "idempotency-key": key },
        body: JSON.stringify({ ref, action: "stop" }),
      }),
    async end() {
      server.child.kill("SIGTERM");
      expect(await server.ended).toEqual([0, null]);
      expect([...server.stdout, ...server.stderr].join("\n")).not.toContain(PASSWORD);
    },
  };
}

interface Answer {
  readonly value: { readonly powerState: string };
  readonly freshness: { readonly source: string };
}

function machine(): string {
  const found = sandbox.instances.list().find(({ account, state }) => account === ACCOUNT && state === "running");
  if (found === undefined) throw new Error("no machine runs");
  return found.arn;
}

// Longer than a machine that is busy with other tests takes.
const SHARED = "redis: { url: { env: SHARED_REDIS }, patienceMs: 10000 }";
const isUp = { status: "ready", redis: { state: "up", hears: true, untold: 0 } };

describe("two servers on one Redis", () => {
  test("make one vendor call for what both need at once, and one answers what the other has seen", async () => {
    const servers = await Promise.all([serve(SHARED), serve(SHARED)]);
    for (const { ready } of servers) await eventually(ready).toEqual(isUp);
    const [one, other] = servers;
    const ref = machine();
    const held = sandbox.faults.add({ ...calls, fault: { kind: "hold" } });
    const asked = sandbox.nextRequest(calls);
    const reads = [one.read(ref)];
    await asked;
    reads.push(other.read(ref));
    await eventually(async () => (await other.stats()).shared?.followed).toBe(1);
    held.remove();
    const answers = await Promise.all(reads);
    expect(answers.map(({ value }) => value.powerState)).toEqual(["running", "running"]);
    expect(answers.map(({ freshness }) => freshness.source)).toEqual(["live", "redis"]);
    expect(sandbox.requests.count(calls)).toBe(1);
    expect((await one.stats()).shared).toMatchObject({ state: "up", stored: 1, failed: 0 });
    for (const { end } of servers) await end();
  });

  test("see at once what one of them did, and do it once under a key", async () => {
    const [one, other] = await Promise.all([serve(SHARED), serve(SHARED)]);
    for (const { ready } of [one, other]) await eventually(ready).toEqual(isUp);
    const ref = machine();
    await one.read(ref);
    expect((await other.read(ref)).freshness.source).toBe("redis");
    const accepted = await one.act(ref, "key-1");
    expect(accepted.status).toBe(202);
    // Word is on its way when the answer is.
    await eventually(async () => (await other.read(ref)).value.powerState).not.toBe("running");
    expect(await (await other.act(ref, "key-1")).json()).toMatchObject({ replayed: true });
    expect(sandbox.requests.count({ action: "StopInstances" })).toBe(1);
    // Without a token key that both have.
    expect((await fetch(`${other.url}${accepted.headers.get("location")}`)).status).toBe(200);
  });

  test("with another prefix share nothing", async () => {
    const other = await serve(
      "redis: { url: { env: SHARED_REDIS }, prefix: another, keepMs: 60000, patienceMs: 10000 }",
    );
    await eventually(other.ready).toEqual(isUp);
    await other.read(machine());
    await eventually(async () => String(await redis.command(["KEYS", "another:*"]))).not.toBe("");
    expect(await redis.command(["KEYS", "cloudlink:*"])).toEqual([]);
  });
});

describe("a server", () => {
  test("starts without its Redis and reads all the same, says so, and is healed by its coming", async () => {
    await redis.kill();
    const { ready, read, stats, end } = await serve(SHARED);
    await eventually(ready).toMatchObject({ status: "ready", redis: { state: "down", hears: false } });
    expect((await ready()).redis?.trouble).toMatch(/^it (cannot be reached|is not connected)$/);
    expect(await read(machine())).toMatchObject({ freshness: { source: "live" } });
    await redis.restart();
    await eventually(ready).toEqual(isUp);
    expect((await stats()).shared).toMatchObject({ state: "up", hears: true });
    await end();
  });

  test("ends in time while its Redis hangs", async () => {
    const { ready, end } = await serve(SHARED);
    await eventually(ready).toEqual(isUp);
    redis.freeze();
    try {
      await end();
    } finally {
      redis.thaw();
    }
  });

  test("with a wrong password says that, and takes calls", async () => {
    const variables = { SHARED_REDIS: redis.url.replace(PASSWORD, "another") };
    const { ready, read } = await serve(SHARED, { variables });
    const trouble = "its password or user is wrong";
    await eventually(ready).toEqual({ status: "ready", redis: { state: "down", trouble, hears: false, untold: 0 } });
    expect(await read(machine())).toMatchObject({ value: { powerState: "running" } });
  });

  test("shares by REDIS_URL where it has no configuration", async () => {
    const { accessKeyId, secretAccessKey } = sandbox.credentialsOf(ACCOUNT);
    const { ready } = await started(["--port", "0"], {
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_ENDPOINT_URL: sandbox.endpoint },
      ...{ AWS_REGION: "us-east-1", REDIS_URL: redis.url },
    });
    await eventually(ready).toEqual(isUp);
  });

  test("says which variable cannot be used, and nothing of what is in it", async () => {
    await using server = spawnServer(["--port", "0"], { REDIS_URL: `http://:${PASSWORD}@127.0.0.1` });
    expect(await server.ended).toEqual([1, null]);
    expect(server.stderr.join("\n")).toMatch(/The variable REDIS_URL .* redis:\/\/host:port/);
    expect(server.stderr.join("\n")).not.toContain(PASSWORD);
  });

  test("whose configuration has none shares nothing, whatever the environment says, and loads nothing for it", async () => {
    const { ready, stats, end, server } = await serve("", {
      variables: { REDIS_URL: redis.url, NODE_OPTIONS: REPORTING },
    });
    expect(await ready()).toEqual({ status: "ready" });
    expect(await stats()).not.toHaveProperty("shared");
    await end();
    expect(server.stderr).toContain("ioredis was not loaded");
  });

  test("that keeps nothing shares keys and operations alone", async () => {
    const servers = await Promise.all([1, 2].map(() => serve(`cache: { enabled: false }\n${SHARED}`)));
    const ref = machine();
    const operations: unknown[] = [];
    for (const { act, ready } of servers) {
      expect(await ready()).toEqual({ status: "ready" });
      operations.push(await (await act(ref, "key-2")).json());
    }
    expect(operations).toMatchObject([{ replayed: false }, { replayed: true }]);
    expect(sandbox.requests.count({ action: "StopInstances" })).toBe(1);
  });
});

/** Has a process say at its end whether it has loaded the client of Redis. */
const REPORTING = `--import=data:text/javascript,${encodeURIComponent(`
import Module from "node:module";
process.on("exit", () => {
  const isLoaded = Object.keys(Module._cache).some((path) => path.includes("/ioredis/"));
  process.stderr.write(isLoaded ? "ioredis was loaded\\n" : "ioredis was not loaded\\n");
});
`)}`;
