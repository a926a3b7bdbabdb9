import type { CachePlace, Clock, Ref, SharedUse } from "@cloudlink/core";
import type { MemoryLevel } from "../memory-level.ts";
import type { KnownPosition } from "../resource-slot.ts";
import { Gathering } from "./gathering.ts";
import { Hearing } from "./hearing.ts";
import type { Invalidation } from "./invalidation.ts";
import { LEASE_MS, Leases } from "./leases.ts";
import { Reach } from "./reach.ts";
import {
  FENCE_MS,
  type SharedStore,
  type StoreFinding,
  type StoreRead,
  type StoreReply,
  type StoreWrite,
} from "./shared-store.ts";
import { parseEntry, type StoredEntry } from "./stored-entry.ts";
import { Telling } from "./telling.ts";

/** How many entries go in one request: the store does nothing else meanwhile. */
const MOST_TOGETHER = 100;

/** So many places' clocks are remembered. Of one that is forgotten nothing is stored until it was read again. */
const MOST_PLACES = 100_000;

/** For how long, in milliseconds, what was learned of the store's clock counts: in that time, two clocks that are slewed drift apart by 10 ms at the most. */
const OFFSET_MS = 10_000;

/** A little later than a lease runs out, in milliseconds, to find that it has. */
const AFTER_LEASE_MS = 5;

/** What a fill has to know from before the vendor was asked. */
export interface FillStart {
  readonly epoch: number;
  readonly logPosition: number;
  /** On the monotonic clock. */
  readonly beganAt: number;
}

/** What was seen, on its way to the store. */
export interface SeenEntry extends Omit<StoreWrite, "seenAtMs"> {
  /** On the monotonic clock. */
  readonly seenAt: number;
  readonly start: FillStart;
  /** Told where the resource's invalidations stood when it reached the store. */
  learn(known: KnownPosition): void;
}

/** What was found, with when it was seen on this process's clock, and where its resource's invalidations stood when it was looked for. */
export interface FoundEntry extends StoredEntry {
  readonly seenAt: number;
  /** How many invalidations this process knew of when it was looked for. */
  readonly since: number;
  readonly known: KnownPosition;
}

/** What the store says of a resource for which it has nothing. */
export interface NothingFound {
  readonly known: KnownPosition | undefined;
}

/** The answer to one read of several. */
interface Answer {
  readonly reply: StoreReply;
  readonly finding: StoreFinding;
  /** On the monotonic clock. */
  readonly sentAt: number;
  /** How many invalidations this process knew of then. */
  readonly since: number;
}

/** A read that waits to be sent. */
interface PendingRead {
  readonly read: StoreRead;
  settle(answer: Answer | undefined): void;
}

/** An entry that waits to be sent. */
interface PendingWrite extends Pick<SeenEntry, "learn"> {
  readonly write: StoreWrite;
}

/** What {@link SharedLevel} takes. */
export interface SharedLevelSettings {
  readonly store: SharedStore;
  readonly memory: MemoryLevel;
  readonly clock: Clock;
  /** See {@link SharedCacheSettings}. */
  readonly patienceMs: number;
}

/** The level of a cache that several processes share: what this one asks of the store, what it hears from it, and how it does without. */
export class SharedLevel {
  readonly leases: Leases;
  readonly #store: SharedStore;
  readonly #memory: MemoryLevel;
  readonly #clock: Clock;
  readonly #reach: Reach;
  readonly #hearing: Hearing;
  readonly #telling: Telling;
  readonly #reads: Gathering<PendingRead>;
  readonly #writes: Gathering<PendingWrite>;
  /** What the store's clock says less what ours does, or less than that: by the place, since a cluster has several clocks. */
  readonly #offsets = new Map<string, { readonly offsetMs: number; readonly atMs: number }>();
  /** Those who wait for somebody else's fetch, by the resource. */
  readonly #followers = new Map<string, Set<() => void>>();
  readonly #counts = { hits: 0, misses: 0, followed: 0, stored: 0, refused: 0 };

  constructor(settings: SharedLevelSettings) {
    const { store, memory, clock, patienceMs } = settings;
    this.#store = store;
    this.#memory = memory;
    this.#clock = clock;
    this.#reach = new Reach({
      clock,
      patienceMs,
      ping: () => store.ping(),
      up: () => void this.#telling.tellAll(),
      down: () => this.#wakeAll(),
    });
    const toldAt = (position: number, invalidation: Invalidation) => this.#hearing.log.told(position, invalidation);
    this.#telling = new Telling({ store, reach: this.#reach, clock, toldAt });
    this.#hearing = new Hearing({
      memory,
      clock,
      ended: (ref) => this.#wake(ref),
      began: () => this.#offsets.clear(),
    });
    const ask = (work: () => Promise<void>) => void this.#reach.ask(work);
    this.leases = new Leases({
      clock,
      keeper: {
        renew: (place, leases) => ask(() => store.renew(place, leases, LEASE_MS)),
        release: (place, leases) => ask(() => store.release(place, leases)),
      },
    });
    this.#reads = new Gathering({ most: MOST_TOGETHER, handOn: (place, reads) => void this.#readAll(place, reads) });
    this.#writes = new Gathering({ most: MOST_TOGETHER, handOn: (place, all) => void this.#writeAll(place, all) });
    store.listen({
      heard: (word) => this.#hearing.heard(word),
      lost: () => {
        this.#hearing.lost();
        // So that what is wrong shows before anybody reads.
        ask(() => store.ping());
      },
      regained: (log) => this.#hearing.regained(log),
    });
  }

  /** Whether anything can be asked of the store now. */
  get isUp(): boolean {
    return this.#reach.isUp;
  }

  /**
   * What the store has of a resource, waiting for another process that is fetching just that. With nothing found, the lease on fetching it is this
   * process's, as a rule.
   */
  async find(
    at: { readonly place: CachePlace; readonly where: string; readonly ref: Ref; isWanted(): boolean },
    read: StoreRead,
  ): Promise<FoundEntry | NothingFound> {
    const startedAt = this.#clock.monotonicMs();
    let known: KnownPosition | undefined;
    let hasFollowed = false;
    let hasEnded = false;
    while (at.isWanted()) {
      const answer = await this.#read(at.where, hasFollowed ? this.#later(read, startedAt) : read);
      if (answer === undefined) break;
      const { finding } = answer;
      if (finding.state === "taken") {
        // A fetch that was followed left nothing, and another has begun. To follow that one too is to wait as many times as there are processes.
        if (hasEnded) break;
        if (!hasFollowed) this.#counts.followed += 1;
        hasFollowed = true;
        hasEnded = await this.#endOf(read.ref, finding.leaseMs);
        continue;
      }
      const { position } = finding;
      // Counted from now, when it is known, and not from when it was asked for: what began between knew nothing of it.
      if (position !== undefined) known = { position, learnedAt: this.#clock.monotonicMs() };
      if (finding.state === "free") {
        if (finding.claimed) this.leases.took(at.where, read);
        break;
      }
      const found = this.#accept(at, { ...answer, finding });
      if (found === undefined || known === undefined) break;
      this.#counts.hits += 1;
      return { ...found, known };
    }
    this.#counts.misses += 1;
    return { known };
  }

  /** The same read, whose age is meant as of when it began. */
  #later(read: StoreRead, startedAt: number): StoreRead {
    if (read.limitMs === undefined) return read;
    return { ...read, limitMs: read.limitMs + this.#clock.monotonicMs() - startedAt };
  }

  #read(where: string, read: StoreRead): Promise<Answer | undefined> {
    if (!this.#reach.isUp) return Promise.resolve(undefined);
    return new Promise((settle) => this.#reads.add(where, { read, settle }));
  }

  async #readAll(where: string, pending: readonly PendingRead[]): Promise<void> {
    const sentAt = this.#clock.monotonicMs();
    const since = this.#memory.position;
    const { epoch } = this.#hearing;
    const reads = pending.map(({ read }) => read);
    const reply = await this.#reach.ask(() => this.#store.read(where, reads));
    if (reply !== undefined && epoch === this.#hearing.epoch) this.#learn(where, reply);
    for (const [index, { settle }] of pending.entries()) {
      const finding = reply?.findings[index];
      settle(reply === undefined || finding === undefined ? undefined : { reply, finding, sentAt, since });
    }
  }

  #learn(where: string, { nowMs }: StoreReply): void {
    if (this.#offsets.size >= MOST_PLACES) this.#offsets.clear();
    // The reply was made before now, so the store's clock is at least that much ahead of ours; more would make entries too young.
    const atMs = this.#clock.monotonicMs();
    this.#offsets.set(where, { offsetMs: nowMs - atMs, atMs });
  }

  /** What was found, if it is still so as far as this process knows. */
  #accept(
    { place, ref }: { readonly place: CachePlace; readonly ref: Ref },
    { finding, reply, sentAt, since }: Answer & { readonly finding: StoreFinding & { readonly state: "found" } },
  ): Omit<FoundEntry, "known"> | undefined {
    const entry = parseEntry(place, { ref, text: finding.value });
    if (entry === undefined) return undefined;
    const seen = { place, ref, observation: entry.observation };
    // By a millisecond older than it says, since the store counts in whole ones.
    const seenAt = Math.floor(sentAt - (reply.nowMs - finding.seenAtMs + 1));
    if (!this.#hearing.trusts(seenAt)) return undefined;
    if (!this.#memory.passes(since, seen) || this.#telling.concerns(seen)) return undefined;
    if (!this.#hearing.log.passes(entry.logPosition, seen)) return undefined;
    return { ...entry, seenAt, since };
  }

  /** Whether what was found is still so. Between that and its use promises take their turns, and so may an invalidation. */
  isStill({ since, observation }: FoundEntry, place: CachePlace): boolean {
    return this.#memory.passes(since, { place, ref: observation.ref, observation });
  }

  /** See {@link Hearing.trusts}. */
  trusts(seenAt: number): boolean {
    return this.#hearing.trusts(seenAt);
  }

  /** Settles when a lease of another process's has ended, or has run out. @returns whether word of its end came. */
  async #endOf(ref: string, leaseMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const hear = () => resolve(true);
    const followers = this.#followers.get(ref) ?? new Set();
    this.#followers.set(ref, followers.add(hear));
    const cancel = this.#clock.schedule(() => resolve(false), { delayMs: leaseMs + AFTER_LEASE_MS });
    try {
      return await promise;
    } finally {
      cancel();
      followers.delete(hear);
      if (followers.size === 0 && this.#followers.get(ref) === followers) this.#followers.delete(ref);
    }
  }

  #wake(ref: string): void {
    for (const hear of this.#followers.get(ref) ?? []) hear();
  }

  /** Nobody waits for word that cannot come. */
  #wakeAll(): void {
    for (const ref of this.#followers.keys()) this.#wake(ref);
  }

  /** What a fill has to know before the vendor is asked. */
  fillStart(): FillStart {
    const { epoch, log } = this.#hearing;
    return { epoch, logPosition: log.position, beganAt: this.#clock.monotonicMs() };
  }

  /** Stores what was seen at an instant of the monotonic clock, if words were heard without a gap since its fill began. */
  store(where: string, given: SeenEntry): void {
    if (this.#offset(where) !== undefined) {
      this.#send(where, given);
      return;
    }
    // Looked at for the store's clock alone.
    const { ref, holder } = given;
    const look = { ref, holder, views: [], limitMs: 0, claimMs: 0 };
    void this.#read(where, look).then(() => this.#send(where, given));
  }

  /** What the store's clock says less what ours does, if that was learned lately: clocks drift apart. */
  #offset(where: string): number | undefined {
    const learned = this.#offsets.get(where);
    return learned !== undefined && this.#clock.monotonicMs() - learned.atMs < OFFSET_MS ? learned.offsetMs : undefined;
  }

  #send(where: string, { start, seenAt, learn, ...entry }: SeenEntry): void {
    const isLate = this.#clock.monotonicMs() - start.beganAt > FENCE_MS / 2;
    const offsetMs = this.#offset(where);
    if (start.epoch !== this.#hearing.epoch || isLate || offsetMs === undefined || !this.#reach.isUp) return;
    this.leases.stored(entry);
    this.#writes.add(where, { write: { ...entry, seenAtMs: Math.floor(seenAt + offsetMs) }, learn });
  }

  async #writeAll(where: string, pending: readonly PendingWrite[]): Promise<void> {
    const writes = pending.map(({ write }) => write);
    const outcomes = await this.#reach.ask(() => this.#store.write(where, writes));
    const learnedAt = this.#clock.monotonicMs();
    for (const [index, { learn }] of pending.entries()) {
      const outcome = outcomes?.[index];
      if (outcome === undefined) continue;
      learn({ position: outcome.position, learnedAt });
      if (outcome.isTaken) this.#counts.stored += 1;
      else this.#counts.refused += 1;
    }
  }

  /** See {@link Telling.tell}. */
  async invalidate(invalidation: Invalidation): Promise<void> {
    await this.#telling.tell(invalidation);
  }

  use(): SharedUse {
    const { isUp, trouble, failed } = this.#reach;
    const { untold } = this.#telling;
    return { state: isUp ? "up" : "down", trouble, hears: this.#hearing.hears, untold, ...this.#counts, failed };
  }

  async close(): Promise<void> {
    this.leases.close();
    this.#hearing.close();
    this.#telling.close();
    this.#reach.close();
    await this.#store.close();
  }
}
