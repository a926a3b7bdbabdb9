import { CloudLinkError, type Context, untilDone } from "@cloudlink/core";
import type { RedisClient } from "./redis-client.ts";
import { redisFailure, redisSilent } from "./redis-failure.ts";
import { silenceErrors } from "./silence-errors.ts";

/** A Redis nearby answers in one millisecond. One that has not after a second is in trouble, and there are deadlines to be kept. */
const TIMEOUT_MS = 1_000;

/** Where a store keeps things, and how long it may take. */
export interface RedisConnectionSettings {
  /** A connection of ioredis's, which stays yours to close, after what uses the store. */
  readonly redis: RedisClient;
  /** What all keys begin with: what shares it shares everything. `cloudlink` if left out. */
  readonly prefix?: string;
  /** How long, in milliseconds, a call takes at the most, where its context does not end before; 1,000 if left out. */
  readonly timeoutMs?: number;
}

/** A call of Redis. */
export interface RedisCall<Reply> {
  /** @param isWanted - whether anybody still waits: asked before something is sent a second time. */
  send(isWanted: () => boolean): Promise<Reply>;
}

/** Calls of one Redis, each of which ends in time. */
export interface RedisCalls {
  /** @throws what the context ended with; `unavailable` (`ErrStoreUnavailable`); `resource_exhausted` (`ErrQuotaExhausted`) when Redis has no memory. */
  run<Reply>(ctx: Context, call: RedisCall<Reply>): Promise<Reply>;
}

/**
 * Calls that end with their context or after `timeoutMs`, whatever the server does: one that hangs answers nothing and breaks no connection.
 *
 * Nothing is given to ioredis while it has no connection: it would queue it, and send it when nobody waits for it any more. What was under way
 * when a connection broke it may send again all the same.
 *
 * @param what - what is kept there, as the start of a sentence.
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a timeout that is not positive.
 */
export function createRedisCalls(settings: RedisConnectionSettings, what: string): RedisCalls {
  const { redis, timeoutMs = TIMEOUT_MS } = settings;
  if (!(timeoutMs > 0)) {
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: "timeoutMs is a positive number of milliseconds.",
      origin: "caller",
    });
  }
  silenceErrors(redis);
  /** One for all that wait for a connection, so that the client has one listener of each sort. */
  let opening: Promise<void> | undefined;
  const whenOpen = () => {
    opening ??= opened(redis).finally(() => {
      opening = undefined;
    });
    return opening;
  };
  return {
    async run(ctx, call) {
      ctx.throwIfDone();
      using own = ctx.withTimeout(timeoutMs).withCancel();
      try {
        if (redis.status !== "ready") await untilDone(own, whenOpen());
        return await untilDone(
          own,
          call.send(() => own.error() === undefined),
        );
      } catch (error) {
        const over = ctx.error();
        if (over !== undefined) throw over;
        throw CloudLinkError.isInstance(error) ? redisSilent(what) : redisFailure(error, what);
      }
    },
  };
}

/** Settles when the client has a connection, or is told never to have one again. */
async function opened(redis: RedisClient): Promise<void> {
  // With `lazyConnect` it waits for the first command. Why it could not connect shows in its next state.
  if (redis.status === "wait") redis.connect().catch(() => {});
  if (redis.status === "end") throw new Error("closed");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const left = () => reject(new Error("closed"));
  redis.once("ready", resolve);
  redis.once("end", left);
  try {
    await promise;
  } finally {
    redis.off("ready", resolve);
    redis.off("end", left);
  }
}
