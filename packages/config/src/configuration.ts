import type { Secret } from "@cloudlink/core";

/** A value of JSON. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** The settings of a provider, as its plugin's `settingsSchema` takes them. */
export type ProviderSettings = { readonly [name: string]: JsonValue };

/**
 * What a cloudlink.yaml says, with what it refers to in place of the references. Frozen, and it may be printed: secrets do not show.
 *
 * Invariants: no two accounts name the same one; an account's provider is one of `providers`, where there are any; `server.address` is a
 * loopback address.
 */
export interface Configuration {
  /** The version of the file's form. */
  readonly version: 1;
  /** The tenant that the accounts belong to, for the context of calls; `default` where the file has none. */
  readonly tenant: string;
  /** The providers to make, by name, with their settings. Left out: all that the program brings. */
  readonly providers?: { readonly [name: string]: ProviderSettings };
  /** Left out: the one account that the ambient credentials belong to. Never empty. */
  readonly accounts?: readonly ConfiguredAccount[];
  readonly limits: ConfiguredLimits;
  readonly cache: ConfiguredCache;
  /** Left out: nothing is shared between processes. */
  readonly redis?: ConfiguredRedis;
  readonly server: ConfiguredServer;
}

/** An account, and how calls to it are made. */
export interface ConfiguredAccount {
  readonly provider: string;
  /** Left out: the first of the provider's partitions. */
  readonly partition?: string;
  /** The vendor's id of it. */
  readonly account: string;
  /** A name for people. */
  readonly name?: string;
  /** The regions that may be asked about: `["-"]` for a vendor without regions, `"*"` for any. Never empty. */
  readonly regions: readonly string[] | "*";
  /** The regions that a list looks in when its request names none, all of them in `regions`. Left out: all of `regions`. */
  readonly listRegions?: readonly string[];
  /** The credential role, part of the scope: `default` where the file has none. */
  readonly role: string;
  readonly credentials: ConfiguredCredentials;
  /** What the vendor's limits are for this account, by the names that the provider declares them under. Left out: as they are declared. */
  readonly limits?: { readonly [name: string]: ConfiguredLimit };
}

/** A vendor's limit as it is for an account: a bucket of tokens; or `none`, and calls are not held back by it. */
export type ConfiguredLimit = "none" | { readonly burst: number; readonly refillPerSecond: number };

/** How calls to an account are made: the vendor's own way, steered by parameters, or with keys. */
export type ConfiguredCredentials =
  /** Under the names that the provider documents. None of them where the file has no `credentials`. */
  | { readonly kind: "ambient"; readonly parameters: Readonly<Record<string, string>> }
  /** Under the names that the provider documents. */
  | { readonly kind: "keys"; readonly keys: Secret<Readonly<Record<string, string>>> };

/** Bounds of every call. What is left out is for the kernel to say. */
export interface ConfiguredLimits {
  /** The deadline of a call that has none of its own, in milliseconds. */
  readonly timeoutMs?: number;
  /** How many provider calls of one list or getMany run at once. */
  readonly concurrency?: number;
}

/** What a program that runs on, such as the reference server, keeps in memory of what it has seen. */
export interface ConfiguredCache {
  /** Whether anything is kept; `true` where the file does not say. If not, every read is live. */
  readonly enabled: boolean;
  /** The most entries: resources and lists. Left out, what the cache has for it. */
  readonly maxEntries?: number;
  /** About the most memory, in bytes, counted over what the values hold. Left out, what the cache has for it. */
  readonly maxBytes?: number;
}

/** A Redis that processes share, as `connectRedis` of `@cloudlink/cache/redis` takes it: one of `url`, `sentinels` and `cluster`. */
export type ConfiguredRedis = ConfiguredRedisAccess &
  (ConfiguredSingleRedis | ConfiguredSentinelRedis | ConfiguredClusterRedis);

/** What a Redis of any sort has. */
export interface ConfiguredRedisAccess {
  readonly username?: string;
  readonly password?: Secret;
  readonly tls?: ConfiguredRedisTls;
  readonly connectTimeoutMs?: number;
  /** What all keys and channels begin with. Left out, what the stores have for it. */
  readonly prefix?: string;
  /** How long what was seen is kept there, in milliseconds. Left out, what the store has for it. */
  readonly keepMs?: number;
  /** How long a read waits for it, in milliseconds, before it does without. Left out, what the cache has for it. */
  readonly patienceMs?: number;
}

/** One server. */
export interface ConfiguredSingleRedis {
  /** It may have a password in it. */
  readonly url: Secret;
  readonly db?: number;
}

/** Whichever server is the master, by Sentinel's word. */
export interface ConfiguredSentinelRedis {
  /** Never empty. */
  readonly sentinels: readonly ConfiguredAddress[];
  readonly masterName: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: Secret;
  readonly db?: number;
}

/** A Redis Cluster. */
export interface ConfiguredClusterRedis {
  /** Never empty. */
  readonly cluster: readonly ConfiguredAddress[];
}

/** Where a server listens. */
export interface ConfiguredAddress {
  readonly host: string;
  readonly port?: number;
}

/** How TLS connections to a Redis are made, all in PEM. */
export interface ConfiguredRedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** The name that the server's certificate has to have, where that is not the host's. */
  readonly servername?: string;
}

/** How the reference server runs. */
export interface ConfiguredServer {
  /** A loopback address, IPv4 or IPv6; 127.0.0.1 where the file has none. */
  readonly address: string;
  /** 0 for any that is free; 8080 where the file has none. */
  readonly port: number;
  /**
   * What tokens are authenticated with, 32 bytes or more: the text that the file refers to, in UTF-8. Left out, tokens are good in one
   * process only.
   */
  readonly tokenKey?: Secret<Uint8Array>;
  /** How many calls run at once before others are turned away; 256 where the file has none. */
  readonly maxConcurrentCalls: number;
  /** The longest deadline that a caller may ask for, in milliseconds; 60,000 where the file has none. */
  readonly maxTimeoutMs: number;
  /** How long calls that run may go on once the server is told to end, in milliseconds; 10,000 where the file has none. */
  readonly drainMs: number;
}
