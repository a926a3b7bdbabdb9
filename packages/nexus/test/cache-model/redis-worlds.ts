import { createRedisStore } from "@cloudlink/cache/redis";
import { Redis } from "ioredis";
import { type CreateWorld, createSharedWorld, storeClock } from "./world.ts";

/** Makes worlds whose kernels share a Redis. */
export interface RedisWorlds extends Disposable {
  readonly createWorld: CreateWorld;
}

/** Connects the kernels, and the model, to a server: each on a connection of its own, which all worlds use in turn. */
export async function connectRedisWorlds(url: string): Promise<RedisWorlds> {
  const kernels = [new Redis(url), new Redis(url)];
  const model = new Redis(url);
  const all = [...kernels, model];
  await Promise.all(all.map((redis) => new Promise((resolve) => redis.once("ready", resolve))));
  let worlds = 0;
  return {
    createWorld(settings) {
      worlds += 1;
      const prefix = `world-${worlds}`;
      const { nowMs } = storeClock(settings.clock);
      return createSharedWorld(settings, {
        connect: (kernel) => createRedisStore({ redis: kernels[kernel ?? -1] ?? model, prefix, nowMs }),
      });
    },
    [Symbol.dispose]() {
      for (const redis of all) redis.disconnect();
    },
  };
}
