import KeyvRedis from "@keyv/redis";
import { BentoCache, bentostore } from "bentocache";
import { redisDriver } from "bentocache/drivers/redis";
import { createCache } from "cache-manager";
import type { Redis } from "ioredis";
import { Keyv } from "keyv";
import { createClient } from "redis";

/** A way of somebody else's to have values in a Redis. */
export interface RedisPeer {
  readonly name: string;
  set(key: string, value: object): Promise<unknown>;
  get(key: string): Promise<unknown>;
  close(): Promise<void>;
}

/** For as long as nothing expires while it is measured. */
const TTL_MS = 3_600_000;

/** The least there is: ioredis, GET and `JSON.parse`. */
export function rawRedis(redis: Redis): RedisPeer {
  return {
    name: "ioredis GET + JSON.parse",
    set: (key, value) => redis.set(`raw:${key}`, JSON.stringify(value)),
    async get(key) {
      const text = await redis.get(`raw:${key}`);
      return text === null ? undefined : JSON.parse(text);
    },
    close: async () => {},
  };
}

/** The caches and clients there are, each with Redis alone, as its documentation has it. */
export async function redisPeers({
  redis,
  url,
}: {
  readonly redis: Redis;
  readonly url: string;
}): Promise<RedisPeer[]> {
  const client = createClient({ url });
  await client.connect();
  const keyv = new KeyvRedis(url, { throwOnErrors: true });
  const manager = createCache({ stores: [new Keyv({ store: keyv })] });
  const bento = new BentoCache({
    default: "redis",
    stores: { redis: bentostore().useL2Layer(redisDriver({ connection: redis })) },
  });
  return [
    {
      name: "node-redis GET + JSON.parse",
      set: (key, value) => client.set(`node:${key}`, JSON.stringify(value)),
      async get(key) {
        const text = await client.get(`node:${key}`);
        return text === null ? undefined : JSON.parse(text);
      },
      close: () => client.close(),
    },
    {
      name: "cache-manager, keyv, @keyv/redis: get",
      set: (key, value) => manager.set(key, value, TTL_MS),
      get: (key) => manager.get(key),
      close: async () => void (await manager.disconnect()),
    },
    {
      name: "bentocache, redis driver: get",
      set: (key, value) => bento.set({ key, value, ttl: TTL_MS }),
      get: (key) => bento.get({ key }),
      // It would end the connection, which is not its own.
      close: async () => {},
    },
  ];
}
