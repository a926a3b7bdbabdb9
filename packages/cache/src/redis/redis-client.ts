import type { Cluster, Redis } from "ioredis";

/** A connection of ioredis: to one server, to whichever is the master by Sentinel's word, or to a Cluster. */
export type RedisClient = Redis | Cluster;
