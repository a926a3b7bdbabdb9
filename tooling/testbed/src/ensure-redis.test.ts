import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ensureRedis } from "./ensure-redis.ts";
import { runCommand } from "./run-command.ts";

/** A program that says that it is this version. */
async function aRedisServer(version: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cloudlink-redis-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, "redis-server");
  await writeFile(program, `#!/bin/sh\necho "Redis server v=${version} sha=00000000:0 malloc=libc bits=64 build=0"\n`);
  await chmod(program, 0o755);
  return program;
}

test("finds a redis-server, or installs one, that runs", async () => {
  const { redisServer } = await ensureRedis();
  expect((await runCommand([redisServer, "--version"])).stdout).toMatch(/^Redis server v=/);
});

test("takes any redis-server of 7.0 or later", async () => {
  const redisServer = await aRedisServer("8.2.1");
  expect(await ensureRedis({ onPath: redisServer })).toEqual({ redisServer });
});

test("refuses an older one in one line that says how to get another", async () => {
  const refused = ensureRedis({ onPath: await aRedisServer("6.2.14") });
  await expect(refused).rejects.toThrow(/version 6; tests need 7\.0 or later: .*apt-get install redis-server/);
});
