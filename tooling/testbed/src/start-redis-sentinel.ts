import { type Progress, printProgress } from "./progress.ts";
import { type RedisNode, startRedisNode } from "./redis-node.ts";
import { allStarted, orStopAll, says, stopAll } from "./redis-nodes.ts";
import { IN_MEMORY } from "./start-redis.ts";
import { until } from "./until.ts";

export interface RedisSentinelSettings {
  readonly progress?: Progress;
  /** How many replicas the master has. Default 1. */
  readonly replicas?: number;
  /** How long a node may be silent before a sentinel thinks it is down. Default 300. */
  readonly downAfterMs?: number;
  /** More lines of the configuration file of master and replicas. */
  readonly config?: readonly string[];
}

/** A running master with replicas, watched by three sentinels of whom two decide. */
export interface RedisSentinel extends AsyncDisposable {
  /** By which clients ask the sentinels for the master. */
  readonly masterName: string;
  readonly sentinels: readonly RedisNode[];
  /** The first master, and its replicas. */
  readonly nodes: readonly RedisNode[];
  /** The master that all sentinels name. */
  master(): Promise<RedisNode>;
  /**
   * Has another node become master, and settles when all sentinels name it and it takes writes.
   * - `ask`: a sentinel is asked for it. The former master becomes a replica some seconds later; until then both take writes.
   * - `kill`: the master is killed. It stays down until its `restart()`, and becomes a replica then.
   */
  failover(how: "ask" | "kill"): Promise<RedisNode>;
  /** Ends all nodes and sentinels for good. */
  stop(): Promise<void>;
}

const MASTER_NAME = "cloudlink";
const SENTINELS = 3;
const QUORUM = 2;
/** Sentinels try again after twice this long when a failover has failed. */
const FAILOVER_TIMEOUT_MS = 2000;
/** A failover takes about a second; the rest is for a busy machine. */
const PATIENCE_MS = 60_000;

/**
 * How often sentinels ask and tell, in ms, where their own defaults are seconds. Set by `SENTINEL DEBUG`, which knows nothing else,
 * in what runs: a sentinel that is restarted is as slow as any. A sentinel that leads a failover looks once a second whether its
 * replica is promoted; the others take it for a mistake after four times the publish period, and undo it: hence no shorter one.
 */
const PACE = ["info-period", "100", "ask-period", "100", "ping-period", "100", "publish-period", "1000"] as const;

/** Starts it all and waits until the sentinels know each other and the replicas; installs Redis if need be. */
export async function startRedisSentinel(settings: RedisSentinelSettings = {}): Promise<RedisSentinel> {
  const { progress = printProgress, replicas = 1, downAfterMs = 300, config = [] } = settings;
  const startNode = (lines: readonly string[]) =>
    startRedisNode({
      progress,
      name: "Redis",
      // Replication begins at once, and not after a wait for more replicas.
      config: ({ port }) => [`port ${port}`, ...IN_MEMORY, "repl-diskless-sync-delay 0", ...lines, ...config],
    });
  const master = await startNode([]);
  const nodes = await orStopAll([master], async () => {
    const replicaLines = [`replicaof 127.0.0.1 ${master.port}`];
    return [master, ...(await allStarted(Array.from({ length: replicas }, () => startNode(replicaLines))))];
  });
  const sentinels = await orStopAll(nodes, async () => {
    const awaited = { what: "replicas that follow their master", timeoutMs: PATIENCE_MS };
    await Promise.all(nodes.slice(1).map((node) => until(awaited, () => isReplica(node))));
    const start = () => startSentinel({ progress, master, downAfterMs });
    return await allStarted(Array.from({ length: SENTINELS }, start));
  });
  return await orStopAll([...nodes, ...sentinels], async () => {
    await untilAcquainted({ sentinels, replicas });
    return watched({ sentinels, nodes });
  });
}

function startSentinel(request: { progress: Progress; master: RedisNode; downAfterMs: number }): Promise<RedisNode> {
  const { progress, master, downAfterMs } = request;
  return startRedisNode({
    progress,
    name: "Redis Sentinel",
    args: ["--sentinel"],
    config: ({ port }) => [
      `port ${port}`,
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} ${QUORUM}`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${downAfterMs}`,
      `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_TIMEOUT_MS}`,
    ],
  });
}

async function isReplica(node: RedisNode): Promise<true | undefined> {
  const lines = ["role:slave", "master_link_status:up"];
  return (await says(node, { command: ["INFO", "replication"], lines })) || undefined;
}

async function untilAcquainted(request: { sentinels: readonly RedisNode[]; replicas: number }): Promise<void> {
  const { sentinels, replicas } = request;
  const isAcquainted = async (sentinel: RedisNode) => {
    const known = fields(await sentinel.command(["SENTINEL", "MASTER", MASTER_NAME]));
    const others = known.get("num-other-sentinels") === String(SENTINELS - 1);
    return (others && known.get("num-slaves") === String(replicas)) || undefined;
  };
  const awaited = { what: "sentinels that know each other and the replicas", timeoutMs: PATIENCE_MS };
  await Promise.all(
    sentinels.map(async (sentinel) => {
      await sentinel.command(["SENTINEL", "DEBUG", ...PACE]);
      await until(awaited, () => isAcquainted(sentinel));
    }),
  );
}

/** Of a list of names and values in turns. */
function fields(reply: unknown): Map<string, string> {
  const list = reply as readonly string[];
  return new Map(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? ""] as const] : [])));
}

function watched({ sentinels, nodes }: { sentinels: RedisNode[]; nodes: RedisNode[] }): RedisSentinel {
  const named = async () => {
    const ask = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME];
    const answers = (await Promise.all(sentinels.map((sentinel) => sentinel.command(ask)))) as [string, string][];
    const ports = new Set(answers.map(([, port]) => Number(port)));
    return ports.size === 1 ? nodes.find(({ port }) => ports.has(port)) : undefined;
  };
  const master = () => until({ what: "a master that all sentinels name", timeoutMs: PATIENCE_MS }, named);
  const stop = () => stopAll([...sentinels, ...nodes]);
  return {
    masterName: MASTER_NAME,
    sentinels,
    nodes,
    master,
    async failover(how) {
      const before = await master();
      if (how === "kill") await before.kill();
      return await until({ what: "another master", timeoutMs: PATIENCE_MS }, async () => {
        const now = await named();
        if (now === undefined) return undefined;
        if (now !== before) {
          return (await says(now, { command: ["INFO", "replication"], lines: ["role:master"] })) ? now : undefined;
        }
        // Refused while one is under way, or while no replica is known that could take over: it is asked again then.
        if (how === "ask") await sentinels[0]?.command(["SENTINEL", "FAILOVER", MASTER_NAME]);
        return undefined;
      });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
