import { CloudLinkError, type Secret } from "@cloudlink/core";

/** Where a server listens. */
export interface RedisAddress {
  readonly host: string;
  /** 6379 if left out; of a sentinel 26379. */
  readonly port?: number;
}

/** How TLS connections are made. With nothing in it: to a server whose certificate is of an authority that Node knows. */
export interface RedisTlsSettings {
  /** The authorities to trust in place of those that Node knows, in PEM. */
  readonly ca?: string;
  /** This side's certificate in PEM, with `key`, for servers that want one. */
  readonly cert?: string;
  readonly key?: Secret | string;
  /** The name that the server's certificate has to have, where that is not the host's. */
  readonly servername?: string;
}

/** Who connects. */
export interface RedisAccess {
  readonly username?: string;
  readonly password?: Secret | string;
  /** How long, in milliseconds, a connection may take to be made; 2,000 if left out. */
  readonly connectTimeoutMs?: number;
}

/** One server. */
export interface SingleRedisSettings extends RedisAccess {
  /** `redis://user:password@host:port/database`, or `rediss:` for TLS. What is set apart counts in place of what stands in it. */
  readonly url: Secret | string;
  /** Number of the database. */
  readonly db?: number;
  /** More about the TLS of a `rediss:` address. */
  readonly tls?: RedisTlsSettings;
}

/** Whichever server is the master, by Sentinel's word. */
export interface SentinelRedisSettings extends RedisAccess {
  readonly sentinels: readonly RedisAddress[];
  readonly masterName: string;
  /** What the sentinels want, where they want anything. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: Secret | string;
  readonly db?: number;
  /** With it, all connections are made by TLS, those to sentinels too. */
  readonly tls?: RedisTlsSettings;
}

/** A Redis Cluster. */
export interface ClusterRedisSettings extends RedisAccess {
  /** Some of its nodes, from which it hears of the others. */
  readonly cluster: readonly RedisAddress[];
  /** With it, all connections are made by TLS. */
  readonly tls?: RedisTlsSettings;
}

/** What {@link connectRedis} takes: one server, a master by Sentinel, or a Cluster. */
export type RedisClientSettings = SingleRedisSettings | SentinelRedisSettings | ClusterRedisSettings;

/** The longest timer that Node can set, 2^31 - 1 ms: a longer one would end at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

const LARGEST_PORT = 65_535;

/**
 * Looks at settings of whatever program, typed or not.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`)
 */
export function checkRedisClientSettings(settings: RedisClientSettings): void {
  const given = isObject(settings) ? (["url", "sentinels", "cluster"] as const).filter((name) => name in settings) : [];
  if (given.length !== 1) throw invalid("takes one of url, sentinels (with masterName) and cluster");
  if ("url" in settings && !isText(settings.url)) throw invalid("takes as url a text or a Secret");
  if ("sentinels" in settings) {
    checkAddresses("sentinels", settings.sentinels);
    if (typeof settings.masterName !== "string" || settings.masterName === "") {
      throw invalid("takes with sentinels the masterName that they watch it by");
    }
    checkLogin(["sentinelUsername", settings.sentinelUsername], ["sentinelPassword", settings.sentinelPassword]);
  }
  if ("cluster" in settings) {
    checkAddresses("cluster", settings.cluster);
    if ("db" in settings) throw invalid("takes no db with cluster: a Cluster has one database");
  } else if (settings.db !== undefined && !isWhole(settings.db, [0, Number.MAX_SAFE_INTEGER])) {
    throw invalid("takes as db the number of a database, from 0");
  }
  checkLogin(["username", settings.username], ["password", settings.password]);
  const { tls, connectTimeoutMs = 1 } = settings;
  if (!isWhole(connectTimeoutMs, [1, LONGEST_TIMER_MS])) {
    throw invalid(`takes as connectTimeoutMs a whole number from 1 to ${LONGEST_TIMER_MS}`);
  }
  if (tls !== undefined) checkTls(tls);
}

function checkLogin(...[user, password]: readonly [[name: string, user: unknown], [name: string, password: unknown]]) {
  if (user[1] !== undefined && typeof user[1] !== "string") throw invalid(`takes as ${user[0]} a text`);
  if (password[1] !== undefined && !isText(password[1])) throw invalid(`takes as ${password[0]} a text or a Secret`);
}

function checkTls(tls: RedisTlsSettings): void {
  const isTls =
    isObject(tls) && [tls.ca, tls.cert, tls.servername].every((text) => text === undefined || typeof text === "string");
  if (!isTls || (tls.key !== undefined && !isText(tls.key))) {
    throw invalid("takes as tls an object of texts: ca, cert, key (or a Secret) and servername");
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw invalid("takes tls.cert and tls.key together, or neither");
  }
}

function checkAddresses(name: string, addresses: readonly RedisAddress[]): void {
  const isAddress = (address: RedisAddress) =>
    isObject(address) &&
    typeof address.host === "string" &&
    address.host !== "" &&
    isWhole(address.port ?? 1, [1, LARGEST_PORT]);
  if (Array.isArray(addresses) && addresses.length > 0 && addresses.every(isAddress)) return;
  throw invalid(`takes as ${name} one address or more, each with a host and, if it is another than usual, a port`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Of a text or a secret, of whichever copy of core that is. */
function isText(value: unknown): value is Secret | string {
  return typeof value === "string" || (isObject(value) && "reveal" in value && typeof value.reveal === "function");
}

function isWhole(value: number, [least, most]: readonly [number, number]): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** @param what - what is wrong, in words that follow "connectRedis". No value is in it: it may be a secret in the wrong place. */
export function invalid(what: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidSettings", message: `connectRedis ${what}.`, origin: "caller" });
}
