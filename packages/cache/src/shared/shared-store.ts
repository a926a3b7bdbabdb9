import type { Invalidation } from "./invalidation.ts";

/**
 * Port: a store that the caches of several processes share. `createRedisStore` of `@cloudlink/cache/redis` is one; another needs what is written
 * here, and may reject whenever it likes: whoever asks goes on without it.
 *
 * A *position* says how far a resource's invalidations had come: it only grows, and says nothing else. What is written with a position is refused if
 * the resource was invalidated after it. That is the fence, and it holds whatever became of leases, words and processes. A store remembers an
 * invalidation for {@link FENCE_MS} at the least: of a resource that it knows nothing of, it takes what comes without a position.
 */
export interface SharedStore {
  /** What is stored of resources of one place, each as it is at one moment; and, for those that ask, the lease on fetching what is not there. */
  read(place: string, reads: readonly StoreRead[]): Promise<StoreReply>;
  /** Stores what was seen of one place, ends this process's leases on it, and wakes whoever waits. */
  write(place: string, writes: readonly StoreWrite[]): Promise<readonly StoreOutcome[]>;
  /** Has leases of this process's last for another {@link StoreRead.claimMs}. One that is another's by now is left alone. */
  renew(place: string, leases: readonly StoreLease[], lastsMs: number): Promise<void>;
  /** Ends leases of this process's, and wakes whoever waits. */
  release(place: string, leases: readonly StoreLease[]): Promise<void>;
  /**
   * Forgets, moves the position on, and tells every process: all or nothing. Once it settles, no `read` finds what it forgot.
   *
   * @returns where it stands in the log, if that is where it is: word of it may come later, or be lost.
   */
  invalidate(invalidation: Invalidation): Promise<number | undefined>;
  /** Begins to listen. Called once. */
  listen(listener: StoreListener): void;
  /** Settles if it answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** For how long at the least, in milliseconds, a store remembers an invalidation. What took longer to fetch is not written. */
export const FENCE_MS = 10 * 60_000;

/** Names what is stored of a resource for one scope and one major version of its kind: neither finds what was stored for another. */
export interface StoreLease {
  /** Canonical text of the ref. */
  readonly ref: string;
  /** Scope and major version, in one text. */
  readonly holder: string;
}

/** What is looked for. */
export interface StoreRead extends StoreLease {
  /** The views that will do; of several the youngest is given. */
  readonly views: readonly string[];
  /** The oldest that will do, in milliseconds; `undefined` for what is usual for each, see {@link StoreWrite.usualMs}. */
  readonly limitMs: number | undefined;
  /** For how long, in milliseconds, to take the lease on fetching it where nothing will do; 0 not to. */
  readonly claimMs: number;
}

/** What was found, read by read. */
export interface StoreReply {
  /** The store's clock at that moment, in milliseconds: ages go by it, since it is the one clock that all processes can read. */
  readonly nowMs: number;
  readonly findings: readonly StoreFinding[];
}

/**
 * - `found`: this will do.
 * - `free`: nothing will do. If a lease was asked for and could be had, it is this process's now (`claimed`).
 * - `taken`: nothing will do, and another process holds the lease on a fetch that began recently enough. Word comes when it ends;
 *   the lease runs out after `leaseMs` unless it is renewed.
 *
 * The position is the resource's; `undefined` where the store knows nothing of it.
 */
export type StoreFinding =
  | { readonly state: "found"; readonly value: string; readonly seenAtMs: number; readonly position: number }
  | { readonly state: "free"; readonly claimed: boolean; readonly position: number | undefined }
  | { readonly state: "taken"; readonly leaseMs: number };

/** What was seen. */
export interface StoreWrite extends StoreLease {
  readonly view: string;
  readonly value: string;
  /** When it was seen, on the store's clock, and no later. */
  readonly seenAtMs: number;
  /** How old it may be for a read that does not say. */
  readonly usualMs: number;
  /** The resource's position, as known before the vendor was asked; `undefined` if it was not. */
  readonly position: number | undefined;
}

/** What became of a write. */
export interface StoreOutcome {
  readonly isTaken: boolean;
  /** Where the resource's invalidations stand now: good for what is fetched from now on. */
  readonly position: number;
}

/** A word that a store passes on to every process; of an invalidation of its own, one hears only that it is in the log. */
export type StoreWord =
  | { readonly type: "invalidated"; readonly invalidation: Invalidation }
  /** An invalidation of more than one resource: it has a place in the log of those, see {@link StoreLog}. */
  | { readonly type: "logged"; readonly entry: LoggedInvalidation; readonly isOwn: boolean }
  /** A lease on fetching something has ended, or what it is about was invalidated: whoever waits may look again. */
  | ({ readonly type: "ended" } & StoreLease);

/** An invalidation in the log. */
export interface LoggedInvalidation {
  readonly position: number;
  /** The position of the one before it. */
  readonly previous: number;
  readonly invalidation: Invalidation;
}

/** The latest invalidations of more than one resource, in turn. What is stored is checked against those that came after it was fetched. */
export interface StoreLog {
  /** Of the last of them. */
  readonly position: number;
  readonly entries: readonly LoggedInvalidation[];
}

/** Whoever listens to a store. */
export interface StoreListener {
  heard(word: StoreWord): void;
  /** Words may be lost from now on, or still are; told again when another attempt to listen has failed. */
  lost(): void;
  /** From now on every word arrives; those that came before may have been lost. Told once at the start, too. */
  regained(log: StoreLog): void;
}

/** Why a store did not do what it was asked. */
export class SharedStoreError extends Error {
  override readonly name = "SharedStoreError";
  /** In a word or two, with nothing secret. */
  readonly trouble: string;
  /** Whether it is of no use to ask anything else for a moment. */
  readonly isDown: boolean;

  constructor(trouble: string, { isDown }: { readonly isDown: boolean }) {
    super(`The shared store cannot be used: ${trouble}.`);
    this.trouble = trouble;
    this.isDown = isDown;
  }
}
