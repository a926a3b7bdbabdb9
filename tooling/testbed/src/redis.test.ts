import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisCommand } from "./redis-command.ts";
import { RedisReplyError } from "./redis-reply.ts";
import { type RedisSettings, startRedis } from "./start-redis.ts";

async function aRedis(settings: RedisSettings = {}) {
  const redis = await startRedis(settings);
  onTestFinished(() => redis.stop());
  return redis;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Polled for, because the end of another process is no event of this one; the test's own limit bounds it. */
async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

describe("Redis in the test bed", () => {
  test("answers on 127.0.0.1 alone, and keeps nothing on the disk", async () => {
    const redis = await aRedis();
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await redis.command(["PING"])).toBe("PONG");
    expect(await redis.command(["CONFIG", "GET", "bind"])).toEqual(["bind", "127.0.0.1"]);
    expect(await redis.command(["CONFIG", "GET", "save"])).toEqual(["save", ""]);
    expect(await redis.command(["CONFIG", "GET", "appendonly"])).toEqual(["appendonly", "no"]);
    expect(await redis.command(["INFO", "server"])).toContain(`process_id:${redis.pid}\r\n`);
  });

  test("each one has a port of its own, and its own data", async () => {
    const [one, two] = await Promise.all([aRedis(), aRedis()]);
    await one.command(["SET", "key", "one"]);
    expect(await two.command(["GET", "key"])).toBeNull();
  });

  test("gives texts, numbers, nothing and lists as they are, and errors as errors", async () => {
    const redis = await aRedis();
    const text = 'zwölf "Zeichen"\r\n';
    await redis.command(["SET", "text", text]);
    expect(await redis.command(["GET", "text"])).toBe(text);
    expect(await redis.command(["INCRBY", "number", "41"])).toBe(41);
    expect(await redis.command(["EVAL", "return {1, {'two', false}, redis.error_reply('E x')}", "0"])).toEqual([
      1,
      ["two", null],
      "E x",
    ]);
    const large = "x".repeat(1_000_000);
    await redis.command(["SET", "large", large]);
    expect(await redis.command(["GET", "large"])).toBe(large);
    await expect(redis.command(["INCR", "text"])).rejects.toThrow(RedisReplyError);
    await expect(redis.command(["INCR", "text"])).rejects.toThrow("ERR value is not an integer");
  });

  test("takes further lines of configuration", async () => {
    const redis = await aRedis({ maxmemory: "2mb", config: ["maxmemory-policy allkeys-lru", "databases 3"] });
    expect(await redis.command(["CONFIG", "GET", "maxmemory*"])).toEqual(
      expect.arrayContaining(["maxmemory", "2097152", "maxmemory-policy", "allkeys-lru"]),
    );
    expect(await redis.command(["CONFIG", "GET", "databases"])).toEqual(["databases", "3"]);
  });

  test("refuses writes for want of memory", async () => {
    const redis = await aRedis({ maxmemory: "2mb" });
    const fill = async () => {
      for (let i = 0; i < 100; i += 1) await redis.command(["SET", `key-${i}`, "x".repeat(100_000)]);
    };
    await expect(fill()).rejects.toThrow("OOM");
  });

  test("lets users in by their passwords, and to what they may do", async () => {
    const password = 'pass "word" \\ 1';
    const redis = await aRedis({
      password,
      users: [{ name: "reader", password: "of one", rules: ["~app:*", "+get"] }],
    });
    expect(redis.url).toBe(`redis://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`);
    expect(await redis.command(["ACL", "WHOAMI"])).toBe("default");
    await expect(redisCommand({ port: redis.port }, ["GET", "app:x"])).rejects.toThrow("NOAUTH");
    expect(await redis.command(["AUTH", "reader", "of one"])).toBe("OK");
    expect(await redis.command(["ACL", "DRYRUN", "reader", "GET", "app:x"])).toBe("OK");
    expect(await redis.command(["ACL", "DRYRUN", "reader", "SET", "app:x", "1"])).toMatch(/no permissions/);
  });

  test("is ready even when the default user is off", async () => {
    const redis = await aRedis({ config: ["user default off"] });
    await expect(redis.command(["PING"])).rejects.toThrow("NOAUTH");
  });

  test("speaks TLS alone, by a certificate of the authority that it names", async () => {
    const redis = await aRedis({ tls: true });
    expect(redis.url).toBe(`rediss://127.0.0.1:${redis.port}`);
    expect(redis.ca).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(await redis.command(["PING"])).toBe("PONG");
    await expect(redisCommand({ port: redis.port }, ["PING"])).rejects.toThrow();
    const other = await aRedis({ tls: true });
    await expect(redisCommand({ port: redis.port, ca: other.ca }, ["PING"])).rejects.toThrow(/certificate/);
  });

  test("does not answer while it is frozen, and answers the same connections after it", async () => {
    const redis = await aRedis();
    await redis.command(["SET", "key", "kept"]);
    redis.freeze();
    let answered = false;
    const answer = redis.command(["GET", "key"]).then((reply) => {
      answered = true;
      return reply;
    });
    // Another server has answered, many times over, in what would be time enough.
    const other = await aRedis();
    for (let i = 0; i < 20; i += 1) await other.command(["PING"]);
    expect(answered).toBe(false);
    redis.thaw();
    expect(await answer).toBe("kept");
  });

  test("comes back on the same port, without its data, after it was killed", async () => {
    const redis = await aRedis();
    const { port, pid } = redis;
    await redis.command(["SET", "key", "lost"]);
    await redis.kill();
    await expect(redis.command(["PING"])).rejects.toThrow("ECONNREFUSED");
    expect(() => redis.freeze()).toThrow("does not run");
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.command(["GET", "key"])).toBeNull();
  });

  test("keeps its data over a restart when it is told to write it down", async () => {
    const redis = await aRedis({ config: ["appendonly yes"] });
    await redis.command(["SET", "key", "kept"]);
    await redis.restart();
    expect(await redis.command(["GET", "key"])).toBe("kept");
  });

  test("goes for good by stop, frozen too, and takes its folder along", async () => {
    const redis = await startRedis();
    const [, folder] = (await redis.command(["CONFIG", "GET", "dir"])) as [string, string];
    expect(existsSync(folder)).toBe(true);
    redis.freeze();
    await redis.stop();
    await redis.stop();
    await untilGone(redis.pid);
    expect(existsSync(folder)).toBe(false);
  });

  test("says why it does not start", async () => {
    await expect(startRedis({ config: ["no-such-line 1"] })).rejects.toThrow(/Redis did not start.*no-such-line/);
    const redis = await aRedis();
    await expect(startRedis({ port: redis.port })).rejects.toThrow(/Address already in use/);
  });

  test.each(["SIGINT", "SIGTERM", "SIGKILL", "throw"])("goes with its starter, though frozen: %s", async (way) => {
    const module = fileURLToPath(new URL("./start-redis.ts", import.meta.url));
    const starter = `
      import { startRedis } from ${JSON.stringify(module)};
      const redis = await startRedis();
      redis.freeze();
      console.log(redis.pid);
      process.stdin.once("data", () => { throw new Error("uncaught"); });
    `;
    // A starter that is killed cannot remove the server's folder.
    const folder = await mkdtemp(join(tmpdir(), "cloudlink-starter-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const child = spawn(process.execPath, ["--input-type=module", "-e", starter], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, TMPDIR: folder },
    });
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    if (way === "throw") child.stdin.write("now\n");
    else child.kill(way as NodeJS.Signals);
    await once(child, "exit");
    await untilGone(pid);
  });
});
