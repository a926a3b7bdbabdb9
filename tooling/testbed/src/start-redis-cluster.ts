import { freePort } from "./free-port.ts";
import { type Progress, printProgress } from "./progress.ts";
import { type RedisNode, startRedisNode } from "./redis-node.ts";
import { allStarted, orStopAll, says, stopAll } from "./redis-nodes.ts";
import { migrateSlots, type SlotMigration } from "./redis-slots.ts";
import { IN_MEMORY } from "./start-redis.ts";
import { until } from "./until.ts";

export interface RedisClusterSettings {
  readonly progress?: Progress;
  /** How many replicas each of the three masters has. Default 0. */
  readonly replicas?: number;
  /** How long a node may be silent before the others think it is down. Default 1,000. */
  readonly nodeTimeoutMs?: number;
  /** More lines of every node's configuration file. */
  readonly config?: readonly string[];
}

/** A running Redis Cluster of three masters that have a third of the slots each, in order. */
export interface RedisCluster extends SlotMigration, AsyncDisposable {
  /** The masters first; then the replicas, one of each master after the other. */
  readonly nodes: readonly RedisNode[];
  /** Ends all nodes for good. */
  stop(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;
/** Masters take no writes for the first two seconds (CLUSTER_WRITABLE_DELAY in Redis's cluster.c); the rest is for a busy machine. */
const FORM_TIMEOUT_MS = 60_000;

/** Starts a cluster and waits until every node finds it whole; installs Redis if need be. */
export async function startRedisCluster(settings: RedisClusterSettings = {}): Promise<RedisCluster> {
  const { progress = printProgress, replicas = 0, nodeTimeoutMs = 1000, config = [] } = settings;
  const start = () =>
    startRedisNode({
      progress,
      name: "a node of a Redis Cluster",
      config: async ({ port }) => [
        `port ${port}`,
        ...IN_MEMORY,
        "cluster-enabled yes",
        // By default a node learns its own address from the others, and names none until then.
        "cluster-announce-ip 127.0.0.1",
        // By default it is the port + 10,000, on which somebody may listen.
        `cluster-port ${await freePort()}`,
        `cluster-node-timeout ${nodeTimeoutMs}`,
        // Replication begins at once, and not after a wait for more replicas.
        "repl-diskless-sync-delay 0",
        // A replica that has not received anything yet is not named to clients.
        "repl-ping-replica-period 1",
        ...config,
      ],
    });
  const nodes = await allStarted(Array.from({ length: MASTERS * (1 + replicas) }, start));
  return await orStopAll(nodes, async () => {
    await form(nodes);
    const stop = () => stopAll(nodes);
    return { nodes, ...migrateSlots(nodes), stop, [Symbol.asyncDispose]: stop };
  });
}

async function form(nodes: readonly RedisNode[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS);
  const share = Math.ceil(SLOTS / MASTERS);
  const [first] = masters;
  if (first === undefined) return;
  const [, busPort] = (await first.command(["CONFIG", "GET", "cluster-port"])) as [string, string];
  for (const [i, node] of nodes.entries()) {
    // Of its own, so that no two masters have to agree on who is to change it.
    await node.command(["CLUSTER", "SET-CONFIG-EPOCH", String(i + 1)]);
    if (i < MASTERS) {
      const last = Math.min((i + 1) * share, SLOTS) - 1;
      await node.command(["CLUSTER", "ADDSLOTSRANGE", String(i * share), String(last)]);
    }
    // Of the others, the first one tells it.
    if (i > 0) await node.command(["CLUSTER", "MEET", first.host, String(first.port), busPort]);
  }
  const ids = await Promise.all(masters.map((node) => node.command(["CLUSTER", "MYID"])));
  for (const [i, node] of nodes.entries()) {
    if (i < MASTERS) continue;
    // It has to have heard of its master.
    await until({ what: "a replica that takes its master", timeoutMs: FORM_TIMEOUT_MS }, () =>
      node.command(["CLUSTER", "REPLICATE", String(ids[i % MASTERS])]),
    );
  }
  const isWhole = async (node: RedisNode) => {
    const lines = ["cluster_state:ok", `cluster_known_nodes:${nodes.length}`, `cluster_size:${MASTERS}`];
    if (!(await says(node, { command: ["CLUSTER", "INFO"], lines }))) return undefined;
    const ranges = (await node.command(["CLUSTER", "SLOTS"])) as unknown[][];
    // From, to, the master, and its replicas.
    if (ranges.some((range) => range.length !== 2 + nodes.length / MASTERS)) return undefined;
    const isMaster = masters.includes(node);
    if (isMaster) return true;
    const isLinked = await says(node, { command: ["INFO", "replication"], lines: ["master_link_status:up"] });
    return isLinked || undefined;
  };
  const awaited = { what: "a Redis Cluster that every node finds whole", timeoutMs: FORM_TIMEOUT_MS };
  await Promise.all(nodes.map((node) => until(awaited, () => isWhole(node))));
}
