import type { ConnectionOptions } from "node:tls";
import type { Secret } from "@cloudlink/core";
import { Cluster, type CommonRedisOptions, Redis } from "ioredis";
import { parseRedisUrl } from "./parse-redis-url.ts";
import type { RedisClient } from "./redis-client.ts";
import {
  type ClusterRedisSettings,
  checkRedisClientSettings,
  invalid,
  type RedisAccess,
  type RedisAddress,
  type RedisClientSettings,
  type RedisTlsSettings,
  type SentinelRedisSettings,
  type SingleRedisSettings,
} from "./redis-client-settings.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { silenceErrors } from "./silence-errors.ts";

const CONNECT_TIMEOUT_MS = 2_000;

/** As long as stores of idempotency keys wait, and many times what caches do: what takes longer is of no use to anybody any more. */
const COMMAND_TIMEOUT_MS = 1_000;

/** After so long without a word while an answer is due, in milliseconds, the connection is given up: a host that hangs breaks none by itself. */
const SILENCE_MS = 5_000;

/** How often, in milliseconds, an idle connection is tried, so that one which a firewall forgot is found out. */
const KEEP_ALIVE_MS = 10_000;

const USUAL_PORT = 6379;
const USUAL_SENTINEL_PORT = 26379;

/** How long, in milliseconds, a Cluster that moves slots or elects a master is left alone before a command is sent again, and how many times it is. */
const CLUSTER_RETRY_MS = 100;
const CLUSTER_RETRIES = 8;

/**
 * Connects to a Redis as CloudLink's stores want it, by ioredis 5.4 or later. It returns at once, goes on connecting until it succeeds, and is yours to
 * close: `redis.quit()`, or `redis.disconnect()` where it is not connected.
 *
 * Invariants: nothing waits in the client while there is no connection, and what was on its way when one broke fails and is not sent again (a
 * Cluster, which knows better when, sends it up to 8 times); a command takes 1 s at the most; a connection that is silent for 5 s while an answer is due is
 * made anew, as is one to a master that has become a replica. Between attempts it waits 1 s at the most, at random, so that a fleet does not come back
 * all at once. Nothing is written to the console.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for settings that make no sense. No message has a value of theirs.
 */
export function connectRedis(settings: RedisClientSettings): RedisClient {
  checkRedisClientSettings(settings);
  const redis = create(settings);
  silenceErrors(redis);
  return redis;
}

function create(settings: RedisClientSettings): RedisClient {
  if ("cluster" in settings) return createCluster(settings);
  return "sentinels" in settings ? createBySentinel(settings) : createSingle(settings);
}

function createSingle({ url, ...settings }: SingleRedisSettings): Redis {
  const { host, port, isTls, ...ofUrl } = parseRedisUrl(reveal(url));
  if (!isTls && settings.tls !== undefined) throw invalid("takes tls with a rediss:// address only");
  const { db, tls, ...access } = { ...ofUrl, ...settings };
  const secured = isTls && { tls: tlsOptions(tls ?? {}) };
  return new Redis({ ...commonOptions(access), ...reconnecting, ...secured, host, port, db: db ?? 0 });
}

function createBySentinel(settings: SentinelRedisSettings): Redis {
  const { sentinels, masterName, sentinelUsername, sentinelPassword, db = 0, tls } = settings;
  const secured = tls && { tls: tlsOptions(tls), sentinelTLS: tlsOptions(tls), enableTLSForSentinelMode: true };
  return new Redis({
    ...commonOptions(settings),
    ...reconnecting,
    ...secured,
    sentinels: sentinels.map((address) => placeOf(address, USUAL_SENTINEL_PORT)),
    name: masterName,
    db,
    sentinelRetryStrategy: retryDelayMs,
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword: reveal(sentinelPassword) }),
    // `failoverDetector` is left alone: ioredis writes to the console when a sentinel it subscribed at goes. Sentinel ends the connections to a
    // master that it demotes, and silence tells of one that hangs.
  });
}

function createCluster({ cluster, tls, ...settings }: ClusterRedisSettings): Cluster {
  // Names that nodes announce are for certificates: of an address none is verified.
  const secured = tls && { dnsLookup: asItIs };
  return new Cluster(
    cluster.map((address) => placeOf(address, USUAL_PORT)),
    {
      ...secured,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelayMs,
      maxRedirections: CLUSTER_RETRIES,
      retryDelayOnTryAgain: CLUSTER_RETRY_MS,
      retryDelayOnClusterDown: CLUSTER_RETRY_MS,
      retryDelayOnFailover: CLUSTER_RETRY_MS,
      slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
      // Not every failover shows in a command: a master that hangs answers none.
      slotsRefreshInterval: SILENCE_MS,
      redisOptions: { ...commonOptions(settings), ...(tls && { tls: tlsOptions(tls) }) },
    },
  );
}

/** What every connection has, to a server, a master or a node. */
function commonOptions({ username, password, connectTimeoutMs = CONNECT_TIMEOUT_MS }: RedisAccess) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: reveal(password) }),
    // By which an operator finds it in CLIENT LIST.
    connectionName: "cloudlink",
    // It says in the same place that it is ioredis, which would be a right more for its user to have. Before 5.7 it does not say.
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    // What was sent when a connection broke fails with it: by the next one, nobody waits for it.
    maxRetriesPerRequest: 0,
    lazyConnect: false,
  } satisfies CommonRedisOptions;
}

/** A connection that comes back by itself. Those to a Cluster's nodes do not: the Cluster makes others. */
const reconnecting = {
  // Stores ask nothing of a client that is not ready; and what others ask fails at once, and not when nobody waits for it any more.
  enableOfflineQueue: false,
  retryStrategy: retryDelayMs,
  // A master that has become a replica. ioredis finds the new one, or the name does.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} satisfies CommonRedisOptions;

function tlsOptions({ key, ...tls }: RedisTlsSettings): ConnectionOptions {
  return { ...tls, ...(key !== undefined && { key: reveal(key) }) };
}

function placeOf({ host, port }: RedisAddress, usualPort: number) {
  return { host, port: port ?? usualPort };
}

function asItIs(host: string, done: (error: null, address: string) => void): void {
  done(null, host);
}

function reveal(value: Secret | string): string {
  return typeof value === "string" ? value : value.reveal();
}
