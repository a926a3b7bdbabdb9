import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureRedis } from "./ensure-redis.ts";
import { onFreePort } from "./free-port.ts";
import { onLeash } from "./leash.ts";
import { type Progress, printProgress } from "./progress.ts";
import { redisCommand } from "./redis-command.ts";
import { type RedisReply, RedisReplyError } from "./redis-reply.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** One process of `redis-server` on 127.0.0.1, which can be hurt and comes back on the same port, with the same folder. */
export interface RedisNode extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `redis:` or `rediss:`, with the default user's password if it has one. */
  readonly url: string;
  /** The certificate to trust in PEM, where it speaks TLS. */
  readonly ca: string | undefined;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /**
   * Gives one command, as the default user, on a connection of its own.
   *
   * @throws RedisReplyError when the server answers with an error.
   */
  command(args: readonly string[]): Promise<RedisReply>;
  /** Ends it by SIGKILL, and settles when it is gone. Its port refuses connections then. */
  kill(): Promise<void>;
  /** Ends it if it still runs, and starts it again. What is not on its disk is lost. */
  restart(): Promise<void>;
  /** SIGSTOP: connections are taken and nothing is answered, as by a host that hangs. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Ends it for good, frozen or not, and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

export interface RedisNodeSettings {
  readonly progress?: Progress | undefined;
  /** What to call it in an error. */
  readonly name: string;
  /** Default: any free one. */
  readonly port?: number | undefined;
  /** The lines of its configuration file, without address and folder. They are written once: the server may change the file. */
  config(place: RedisPlace): readonly string[] | Promise<readonly string[]>;
  /** After the configuration file, such as `--sentinel`. */
  readonly args?: readonly string[];
  readonly password?: string | undefined;
  /** For TLS: makes what it takes in the node's folder, and gives the certificate to trust. */
  tls?(folder: string): Promise<string>;
  readonly startTimeoutMs?: number | undefined;
}

/** Where a node is. */
export interface RedisPlace {
  readonly port: number;
  readonly folder: string;
}

/** It takes some milliseconds; a machine that is busy with other tests may need many times that. */
const START_TIMEOUT_MS = 30_000;

/** Starts one `redis-server`; installs it if need be. */
export async function startRedisNode(settings: RedisNodeSettings): Promise<RedisNode> {
  const { progress = printProgress, name, password, startTimeoutMs = START_TIMEOUT_MS } = settings;
  const { redisServer } = await ensureRedis({ progress });
  const folder = await mkdtemp(join(tmpdir(), "cloudlink-redis-"));
  const file = join(folder, "redis.conf");
  let ca: string | undefined;
  let port = 0;
  let server: ServerProcess;
  let runs = false;

  const start = async () => {
    server = await startServer({
      name,
      command: onLeash([redisServer, file, ...(settings.args ?? [])]),
      // Whoever answers on a port that was taken by somebody else has not said so here.
      endpointIn: (line) => (/Ready to accept connections|Sentinel ID is/.test(line) ? String(port) : undefined),
      isReady: () => isReady({ port, password, ca }),
      startTimeoutMs,
    });
    runs = true;
    const mine = server;
    void mine.ended.then(() => {
      if (server === mine) runs = false;
    });
  };
  const kill = async () => await server.stop();
  const stop = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  const signal = (kind: NodeJS.Signals) => {
    // Its process id may be somebody else's by now.
    if (!runs) throw new Error(`${name} does not run: it cannot take ${kind}`);
    process.kill(server.pid, kind);
  };

  try {
    ca = await settings.tls?.(folder);
    const startOn = async (tried: number) => {
      port = tried;
      const lines = ["bind 127.0.0.1", `dir ${folder}`, ...(await settings.config({ port, folder }))];
      await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
      await start();
    };
    await (settings.port === undefined ? onFreePort(startOn) : startOn(settings.port));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  const address = { port, password, ca };
  return {
    host: "127.0.0.1",
    port,
    url: `${ca === undefined ? "redis" : "rediss"}://${secret}127.0.0.1:${port}`,
    ca,
    get pid() {
      return server.pid;
    },
    command: (args) => redisCommand(address, args),
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function isReady(address: Parameters<typeof redisCommand>[0]): Promise<boolean> {
  try {
    await redisCommand(address, ["PING"]);
    return true;
  } catch (error) {
    // One that wants other credentials answers too; one that still reads its data does not serve anybody yet.
    return error instanceof RedisReplyError && !error.message.startsWith("LOADING");
  }
}
