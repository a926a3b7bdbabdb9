import { randomUUID } from "node:crypto";
import { CloudLinkError } from "@cloudlink/core";
import { CLOCK_SKEW_MS } from "../memory-level.ts";
import { refOf, textOfInvalidation } from "../shared/invalidation.ts";
import { MOST_LOGGED } from "../shared/invalidation-log.ts";
import { placeOf } from "../shared/place-of.ts";
import {
  FENCE_MS,
  type SharedStore,
  SharedStoreError,
  type StoreFinding,
  type StoreLease,
  type StoreLog,
  type StoreRead,
  type StoreReply,
} from "../shared/shared-store.ts";
import type { RedisClient } from "./redis-client.ts";
import { RedisEar } from "./redis-ear.ts";
import { RedisKeys } from "./redis-keys.ts";
import type { RedisScript, ScriptInput } from "./redis-script.ts";
import { troubleConnecting, troubleOf } from "./redis-trouble.ts";
import {
  endedWord,
  invalidatedWord,
  isInvalidation,
  type LogEntry,
  loggedInvalidation,
  parseLogged,
} from "./redis-words.ts";
import { invalidateScript, loadLogScript, logScript } from "./scripts/invalidate-scripts.ts";
import { releaseScript, renewScript } from "./scripts/lease-scripts.ts";
import { readScript } from "./scripts/read-script.ts";
import { writeScript } from "./scripts/write-script.ts";
import { silenceErrors } from "./silence-errors.ts";

/** What {@link createRedisStore} takes. */
export interface RedisStoreSettings {
  /**
   * A connection of ioredis's, which stays yours to close: to one server, by Sentinel, or to a Cluster. Words are heard on another, made like it.
   */
  readonly redis: RedisClient;
  /** What all keys and channels begin with: what shares it shares everything. `cloudlink` if left out. */
  readonly prefix?: string;
  /** How long what was stored is kept, in milliseconds: no read gets anything older. Ten minutes if left out. */
  readonly keepMs?: number;
  /** For simulations: what the store's clock says, in milliseconds, in place of what the server's does. All that share it must say the same. */
  nowMs?(): number;
}

const KEEP_MS = 10 * 60_000;

type Args = readonly (string | number)[];

const notConnected = new SharedStoreError("it is not connected", { isDown: true });

/** Digits of the two numbers that stand before a value. */
const SEEN_DIGITS = 13;
const USUAL_DIGITS = 10;
const LONGEST_USUAL_MS = 10 ** USUAL_DIGITS - 1;

/**
 * What the caches of several processes share, in Redis 7 or later, or a server that speaks as it does: one server, a master by Sentinel, or a Cluster.
 *
 * What asynchronous replication loses is lost: an invalidation that a master did not pass on before it died is not known to the one that takes over, and
 * what that has stored of the resource answers for its age. Memory forgets everything then. If the server evicts (`maxmemory-policy`), a resource's
 * entries and fence go together; one that evicts what was written last (`allkeys-random`) may let a fill pass that was under way.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a `keepMs` that is no whole number from 1.
 */
export function createRedisStore(settings: RedisStoreSettings): SharedStore {
  const { redis, prefix = "cloudlink", keepMs = KEEP_MS } = settings;
  // Redis refuses others only when the hash is written already, which then never expires.
  if (!(Number.isSafeInteger(keepMs) && keepMs >= 1)) {
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: "keepMs is a whole number of milliseconds, from 1.",
      origin: "caller",
    });
  }
  const time = () => settings.nowMs?.() ?? "";
  const keys = new RedisKeys(prefix);
  const processId = randomUUID();
  let ear: RedisEar | undefined;
  // Why there is no connection, as far as that is known: a wrong password shows nowhere else.
  let missing = notConnected;
  const failed = (error: unknown) => {
    missing = troubleConnecting(error);
  };
  const connected = () => {
    missing = notConnected;
  };
  silenceErrors(redis);
  redis.on("error", failed);
  redis.on("ready", connected);
  if (redis.status === "wait") redis.connect().catch(() => {});

  async function run(script: RedisScript, input: ScriptInput): Promise<unknown> {
    // What waits in its queue until it is connected again would be sent long after somebody wanted it.
    if (redis.status !== "ready") throw missing;
    try {
      return await script.run(redis, input);
    } catch (error) {
      throw troubleOf(error);
    }
  }

  /**
   * Runs a script for several resources of one place: as one request, or on a Cluster as one for each, since while a slot of it is being moved nothing
   * reaches more keys than one.
   *
   * @param own - the arguments of each resource, after those that are common.
   */
  async function runForAll(
    script: RedisScript,
    all: {
      readonly place: string;
      readonly of: readonly StoreLease[];
      readonly common: Args;
      readonly own: readonly Args[];
    },
  ): Promise<readonly unknown[]> {
    const names = all.of.map(({ ref }) => keys.resource(all.place, ref));
    if (!redis.isCluster) return [await run(script, { keys: names, args: [time(), ...all.common, ...all.own.flat()] })];
    return await Promise.all(
      names.map((name, index) =>
        run(script, { keys: [name], args: [time(), ...all.common, ...(all.own[index] ?? [])] }),
      ),
    );
  }

  async function loadLog(): Promise<StoreLog> {
    const texts = (await run(loadLogScript, { keys: [keys.log], args: [time()] })) as [string, ...string[]];
    const entries = texts.map(parseLogged);
    const last = entries.at(-1) as LogEntry;
    return { position: last.position, entries: entries.filter(isInvalidation) };
  }

  return {
    async read(place, reads) {
      const look = async (some: readonly StoreRead[]) => {
        const names = some.map(({ ref }) => keys.resource(place, ref));
        const args = [time(), processId, FENCE_MS, ...waysToLook(some)];
        return (await run(readScript, { keys: names, args })) as [number | string, ...RawFinding[]];
      };
      return replyOf(redis.isCluster ? await Promise.all(reads.map((read) => look([read]))) : [await look(reads)]);
    },
    async write(place, writes) {
      const own = writes.map((write) => [
        write.position ?? "",
        write.holder,
        write.view,
        padded(write.seenAtMs, SEEN_DIGITS),
        padded(Math.min(write.usualMs, LONGEST_USUAL_MS), USUAL_DIGITS),
        write.value,
        endedWord(write),
      ]);
      const common = [processId, keepMs, keys.words];
      const raw = (await runForAll(writeScript, { place, of: writes, common, own })).flat() as (number | string)[];
      const outcomes = writes.map((_write, index) => ({
        isTaken: Number(raw[index * 2]) === 1,
        position: Number(raw[index * 2 + 1]),
      }));
      if (raw.some((each) => Number(each) === -1))
        throw new SharedStoreError("it is full, or takes no writes", { isDown: false });
      return outcomes;
    },
    async renew(place, leases, lastsMs) {
      const own = leases.map(({ holder }) => [holder]);
      await runForAll(renewScript, { place, of: leases, common: [processId, lastsMs], own });
    },
    async release(place, leases) {
      const own = leases.map((lease) => [lease.holder, endedWord(lease)]);
      await runForAll(releaseScript, { place, of: leases, common: [processId, keys.words], own });
    },
    async invalidate(invalidation) {
      const ref = refOf(invalidation);
      if (ref === undefined) {
        const text = loggedInvalidation(textOfInvalidation(invalidation), processId);
        const args = [time(), keys.words, text, MOST_LOGGED];
        return Number(await run(logScript, { keys: [keys.log], args }));
      }
      const before = invalidation.type === "change" ? Math.ceil(invalidation.change.occurredAt + CLOCK_SKEW_MS) : "";
      const place = placeOf(ref);
      const word = invalidatedWord(textOfInvalidation(invalidation), processId);
      await run(invalidateScript, {
        keys: [keys.resource(place, ref.key)],
        args: [time(), keys.words, word, FENCE_MS, before],
      });
      return undefined;
    },
    listen(listener) {
      ear = new RedisEar({ redis, keys, processId, listener, loadLog });
    },
    async ping() {
      if (redis.status !== "ready") throw missing;
      try {
        await redis.ping();
      } catch (error) {
        throw troubleOf(error);
      }
    },
    async close() {
      ear?.close();
      redis.off("ready", connected);
      redis.off("error", failed);
    },
  };
}

/** How each is looked for, for the script: what they have in common, as a rule all of it, is said once. */
function waysToLook(reads: readonly StoreRead[]): Args {
  const ways: StoreRead[] = [];
  const which = reads.map((read) => {
    const known = ways.findIndex((way) => isSameWay(way, read));
    return known === -1 ? ways.push(read) : known + 1;
  });
  const said = ways.flatMap(({ holder, views, limitMs, claimMs }) => {
    const limit = limitMs === undefined ? "" : Math.floor(Math.min(limitMs, LONGEST_USUAL_MS));
    return [limit, claimMs, holder, views.length, ...views];
  });
  return ways.length === 1 ? [1, ...said] : [ways.length, ...said, ...which];
}

function isSameWay(one: StoreRead, other: StoreRead): boolean {
  return (
    one.limitMs === other.limitMs &&
    one.claimMs === other.claimMs &&
    one.holder === other.holder &&
    one.views.length === other.views.length &&
    one.views.every((view, index) => view === other.views[index])
  );
}

/** A position or nothing; then an entry, or for how long another process's lease lasts, or 0 for one that is this process's now, or -1 for none. */
type RawFinding = string | number;

function replyOf(replies: readonly [number | string, ...RawFinding[]][]): StoreReply {
  const findings: StoreFinding[] = [];
  let nowMs = 0;
  for (const [at, ...raw] of replies) {
    // The latest of several makes none too young.
    nowMs = Math.max(nowMs, Number(at));
    for (let index = 0; index < raw.length; index += 2) {
      findings.push(findingOf(raw[index] === "" ? undefined : Number(raw[index]), raw[index + 1] as RawFinding));
    }
  }
  return { nowMs, findings };
}

function findingOf(position: number | undefined, raw: RawFinding): StoreFinding {
  // A client may give numbers as text, too (ioredis's `stringNumbers`); an entry begins with more digits than any.
  if (typeof raw === "string" && raw.length >= SEEN_DIGITS + USUAL_DIGITS) {
    const seenAtMs = Number(raw.slice(0, SEEN_DIGITS));
    // An entry stands behind a fence.
    return { state: "found", value: raw.slice(SEEN_DIGITS + USUAL_DIGITS), seenAtMs, position: position as number };
  }
  const leaseMs = Number(raw);
  return leaseMs > 0 ? { state: "taken", leaseMs } : { state: "free", claimed: leaseMs === 0, position };
}

function padded(value: number, digits: number): string {
  return String(Math.max(0, Math.floor(value))).padStart(digits, "0");
}
