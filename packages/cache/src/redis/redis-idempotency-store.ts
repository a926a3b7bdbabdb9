import {
  background,
  type ClaimResult,
  type Clock,
  type Context,
  type IdempotencyKey,
  type IdempotencyStore,
  systemClock,
} from "@cloudlink/core";
import { createOwedWrites } from "./owed-writes.ts";
import { createRedisCalls, type RedisCall, type RedisConnectionSettings } from "./redis-calls.ts";
import { redisKey } from "./redis-key.ts";
import { RedisScript } from "./redis-script.ts";

/** What {@link createRedisIdempotencyStore} takes. */
export interface RedisIdempotencyStoreSettings extends RedisConnectionSettings {
  /** The time by which what could not be delivered is tried again. Expiry goes by the clock of Redis. */
  readonly clock?: Clock;
}

/** A claim, or the end of one. */
type Named = IdempotencyKey & { readonly claimId: string };

/** What is kept is a hash: `claim`, the id of a claim that stands; `request`, the digest; `outcome`, once there is one. */
const CLAIM = new RedisScript(`
local kept = redis.call('HMGET', KEYS[1], 'claim', 'request', 'outcome')
if kept[2] and kept[1] ~= ARGV[1] then
  if kept[3] then return {'settled', kept[2], kept[3]} end
  return {'running', kept[2]}
end
redis.call('HSET', KEYS[1], 'claim', ARGV[1], 'request', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'claimed'}
`);

const SETTLE = new RedisScript(`
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'outcome', ARGV[2])
redis.call('HDEL', KEYS[1], 'claim')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

const RELEASE = new RedisScript(`
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`);

/**
 * How many claims are remembered while ioredis has not said what came of them, whether or not anybody waits: it never does where a connection
 * broke and `autoResendUnfulfilledCommands` is off.
 */
const MOST_UNANSWERED = 10_000;

/**
 * Keeps idempotency keys in a Redis, for all replicas that share it. Each call is one script on one key: what it decides holds against any
 * other, in a Cluster too. Expiry is Redis's own.
 *
 * It keeps the port's promises as long as Redis keeps what it was told:
 * - **Eviction.** With a `maxmemory-policy` other than `noeviction`, Redis drops keys before their time when memory is short, and an action may
 *   then be carried out twice. Give idempotency keys a Redis that evicts nothing. Its `maxmemory` bounds what all tenants keep together; no
 *   tenant has a bound of its own, as it has in the memory store.
 * - **Loss.** A replica that takes over may lack its master's last writes, and a Redis that starts again those since it last wrote to its disk.
 *   `appendonly yes` and `min-replicas-to-write 1` make that less, not nothing.
 *
 * While Redis cannot be asked a claim rejects, and the kernel carries nothing out under a key. A claim that nobody waits for any more may reach
 * Redis all the same, later: release it, as the kernel does, and it goes again as soon as it is there. A settlement or release that could
 * not be delivered rejects, and is delivered when Redis takes it, as long as this process lives; the last 1,000 are.
 *
 * All calls reject with what their context ended with; `unavailable` (`ErrStoreUnavailable`) when Redis cannot be reached, does not answer in
 * time, or refuses; `resource_exhausted` (`ErrQuotaExhausted`) when it has no memory left.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a timeout that is not positive.
 */
export function createRedisIdempotencyStore(settings: RedisIdempotencyStoreSettings): IdempotencyStore {
  const { redis, prefix, clock = systemClock } = settings;
  // The `1` is the version of what is in the hash.
  const keyOf = ({ tenant, key }: IdempotencyKey) => redisKey("idempotency:1", { prefix, parts: [tenant, key] });
  const calls = createRedisCalls(settings, "What became of an idempotency key");
  const owed = createOwedWrites({ calls, clock });
  const unanswered = new Map<string, { claims: number; givenUp: boolean }>();

  /** Makes a claim, and releases it again if it was given up before it was made. */
  async function sendClaim(claim: Named, send: () => Promise<unknown>): Promise<unknown> {
    const name = nameOf(claim);
    const fate = unanswered.get(name) ?? { claims: 0, givenUp: false };
    fate.claims += 1;
    fate.givenUp = false;
    unanswered.set(name, fate);
    const [oldest] = unanswered.keys();
    if (unanswered.size > MOST_UNANSWERED && oldest !== undefined) unanswered.delete(oldest);
    try {
      return await send();
    } finally {
      fate.claims -= 1;
      if (fate.claims === 0 && unanswered.get(name) === fate) unanswered.delete(name);
      if (fate.givenUp) write(background({ clock }), { claim, send: releasing(claim) }).catch(() => {});
    }
  }

  const releasing =
    (claim: Named): RedisCall<unknown>["send"] =>
    (isWanted) =>
      RELEASE.run(redis, { keys: [keyOf(claim)], args: [claim.claimId], isWanted });

  /** Delivers what does no harm however late it comes: now, or when that can be. */
  async function write(ctx: Context, { claim, send }: RedisCall<unknown> & { readonly claim: Named }): Promise<void> {
    const name = nameOf(claim);
    try {
      await calls.run(ctx, { send });
      owed.drop(name);
    } catch (error) {
      owed.add({ name, send });
      throw error;
    }
  }

  return {
    async claim(ctx, claim) {
      const keys = [keyOf(claim)];
      const args = [claim.claimId, claim.requestHash, wholeMs(claim.claimTtlMs)];
      // Whoever makes a claim again has not given it up.
      owed.drop(nameOf(claim));
      const reply = await calls.run(ctx, {
        send: (isWanted) => sendClaim(claim, () => CLAIM.run(redis, { keys, args, isWanted })),
      });
      return resultOf(reply);
    },
    async settle(ctx, claim) {
      const keys = [keyOf(claim)];
      const args = [claim.claimId, claim.outcome, wholeMs(claim.ttlMs)];
      await write(ctx, { claim, send: (isWanted) => SETTLE.run(redis, { keys, args, isWanted }) });
    },
    async release(ctx, claim) {
      const fate = unanswered.get(nameOf(claim));
      if (fate !== undefined) fate.givenUp = true;
      await write(ctx, { claim, send: releasing(claim) });
    },
  };
}

function nameOf(claim: Named): string {
  return JSON.stringify([claim.tenant, claim.key, claim.claimId]);
}

function resultOf(reply: unknown): ClaimResult {
  const [state, requestHash, outcome] = reply as readonly [ClaimResult["state"], string, string];
  if (state === "claimed") return { state };
  return state === "running" ? { state, requestHash } : { state, requestHash, outcome };
}

/** PEXPIRE takes whole numbers alone. Rounded up: what is kept is kept for as long as was said. */
function wholeMs(ms: number): number {
  return Math.min(Math.ceil(ms), Number.MAX_SAFE_INTEGER);
}
