import { createHash } from "node:crypto";
import type { RedisClient } from "./redis-client.ts";

/** What a script is run with. All keys are of one hash slot. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
  /** Whether anybody still waits, asked before it is sent a second time; always, if left out. */
  isWanted?(): boolean;
}

/** A Lua script. It is sent by its digest, and whole to a server that does not know it: one that was restarted, or has taken over. */
export class RedisScript {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  async run(redis: RedisClient, input: ScriptInput): Promise<unknown> {
    const { keys, args } = input;
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      if (input.isWanted?.() === false) throw error;
      return await redis.eval(this.#source, keys.length, ...keys, ...args);
    }
  }
}
