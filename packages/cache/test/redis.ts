import { type RedisNode, type RedisSettings, startRedis } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach } from "vitest";

/** What tests set of a client. */
export interface ClientOptions {
  readonly lazyConnect?: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** A Redis for the tests of one file, empty before each. */
export interface TestRedis {
  readonly node: RedisNode;
  readonly client: Redis;
  /** A further client, which ends with the test run. */
  connect(options?: ClientOptions): Redis;
  /** Shortens what is left of every TTL by so much, as if the time had passed. */
  elapse(ms: number): Promise<void>;
}

export function useRedis(settings: RedisSettings = {}): TestRedis {
  let node: RedisNode;
  let client: Redis;
  const clients: Redis[] = [];
  const connect = (options: ClientOptions = {}) => {
    const made = new Redis(node.url, options);
    // What a test breaks it expects to be broken.
    made.on("error", () => {});
    clients.push(made);
    return made;
  };
  beforeAll(async () => {
    node = await startRedis(settings);
    client = connect();
  });
  beforeEach(async () => {
    await client.flushall();
  });
  afterAll(async () => {
    for (const each of clients) each.disconnect();
    await node?.stop();
  });
  return {
    get node() {
      return node;
    },
    get client() {
      return client;
    },
    connect,
    async elapse(ms) {
      for (const key of await client.keys("*")) {
        const left = await client.pttl(key);
        await client.pexpire(key, left - ms);
      }
    },
  };
}
