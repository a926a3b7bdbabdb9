import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce } from "./build-once.ts";
import { cacheFolder } from "./cache-folder.ts";
import { installOnDebian } from "./debian-packages.ts";
import { type Progress, printProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** A Redis that can be started. */
export interface RedisInstallation {
  /** The program `redis-server`: a name to be found on the PATH, or a path. */
  readonly redisServer: string;
}

/** The oldest with sharded publish/subscribe, functions and `CLUSTER ADDSLOTSRANGE`; Debian 12 has it. */
const OLDEST_MAJOR = 7;

const HOW_TO_GET_IT =
  "on Debian or Ubuntu run `apt-get install redis-server`, on macOS `brew install redis`, elsewhere see https://redis.io/docs/latest/operate/oss_and_stack/install/";

/**
 * Debian's `redis-tools` holds the server too: one program that is server, Sentinel or checker by the name it is called by.
 * The package `redis-server` adds the name, and a service that would be started; so the name is given here.
 */
const DEBIAN_PROGRAM = "/usr/bin/redis-check-rdb";

/**
 * Finds `redis-server` on the PATH; as root on Debian it is installed where there is none, without its service.
 *
 * @throws TestbedError, in one line, when it is missing or older than 7.0.
 */
export async function ensureRedis(
  options: { readonly progress?: Progress; readonly onPath?: string } = {},
): Promise<RedisInstallation> {
  const { progress = printProgress, onPath = "redis-server" } = options;
  const found = await majorVersion(onPath);
  if (found !== undefined) {
    if (found >= OLDEST_MAJOR) return { redisServer: onPath };
    throw new TestbedError(
      `The redis-server on the PATH is version ${found}; tests need ${OLDEST_MAJOR}.0 or later: ${HOW_TO_GET_IT}`,
    );
  }
  const folder = cacheFolder(`redis-server -> ${DEBIAN_PROGRAM}`);
  const redisServer = join(folder, "redis-server");
  await buildOnce({
    folder,
    progress,
    isSound: async () => ((await majorVersion(redisServer)) ?? 0) >= OLDEST_MAJOR,
    build: async (aside) => {
      const name = join(aside, "redis-server");
      await symlink(DEBIAN_PROGRAM, name);
      if ((await majorVersion(name)) === undefined) {
        await installOnDebian({ name: "redis-server", packages: ["redis-tools"], progress });
      }
      const installed = await majorVersion(name);
      if (installed !== undefined && installed >= OLDEST_MAJOR) return;
      const what = installed === undefined ? "is missing" : `is version ${installed}, older than ${OLDEST_MAJOR}.0`;
      throw new TestbedError(`redis-server ${what}: ${HOW_TO_GET_IT}`);
    },
  });
  return { redisServer };
}

/** Undefined where the program is missing, or is something else. */
async function majorVersion(program: string): Promise<number | undefined> {
  const { exitCode, stdout } = await runCommand([program, "--version"]);
  const major = /^Redis server v=(\d+)\./.exec(stdout)?.[1];
  return exitCode === 0 && major !== undefined ? Number(major) : undefined;
}
