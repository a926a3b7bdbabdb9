import type { Clock } from "@cloudlink/core";
import { SharedStoreError } from "./shared-store.ts";

/** How long after a failure, in milliseconds, the store is asked whether it answers again; it is asked nothing else until it does. */
const PROBE_AFTER_MS = 250;

/** How long after a ping that was not answered, in milliseconds, another is sent. */
const PING_AGAIN_MS = 5_000;

/** For how long, in milliseconds, trouble is told of after it was last met. */
const TROUBLE_SHOWN_MS = 5_000;

/** What {@link Reach} takes. */
export interface ReachSettings {
  readonly clock: Clock;
  /** How long, in milliseconds, anything waits for the store. */
  readonly patienceMs: number;
  ping(): Promise<void>;
  /** It answers again. */
  up(): void;
  /** It does not answer any more. */
  down(): void;
}

/**
 * Whether a store can be reached. What is asked of it is bounded in time, and once something has failed nothing is asked but whether it is there
 * again: no read waits twice for a store in trouble, and nothing piles up before it.
 */
export class Reach {
  readonly #settings: ReachSettings;
  #isUp = true;
  #isClosed = false;
  #stopProbing: (() => void) | undefined;
  /** What was asked last whether it is there, until it answers or fails. */
  #pinging: { readonly answer: Promise<void>; readonly sinceMs: number } | undefined;
  #trouble = "";
  #troubleAt = Number.NEGATIVE_INFINITY;
  /** How many requests failed or took too long. */
  failed = 0;

  constructor(settings: ReachSettings) {
    this.#settings = settings;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** What is wrong, or was a moment ago: a store that is full, say, fails now and then. */
  get trouble(): string | undefined {
    const isOver = this.#isUp && this.#settings.clock.monotonicMs() - this.#troubleAt > TROUBLE_SHOWN_MS;
    return isOver ? undefined : this.#trouble;
  }

  /** What the store answers, or `undefined` where it does not, or not in time. */
  async ask<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (!this.#isUp || this.#isClosed) return undefined;
    try {
      return await this.#inTime(work());
    } catch (error) {
      this.#failedBy(error);
      return undefined;
    }
  }

  async #inTime<Result>(work: Promise<Result>): Promise<Result> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const fail = () => reject(new SharedStoreError("it does not answer in time", { isDown: true }));
    // Timers come before sockets: of a process that stood still for a moment, the answer may be there and unread.
    const overdue = () => setImmediate(() => setImmediate(fail));
    const cancel = this.#settings.clock.schedule(overdue, { delayMs: this.#settings.patienceMs });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }

  #failedBy(error: unknown): void {
    this.failed += 1;
    const known = error instanceof SharedStoreError ? error : new SharedStoreError("unexpected", { isDown: true });
    this.#note(known);
    if (known.isDown) this.#down();
  }

  #note({ trouble }: SharedStoreError): void {
    this.#trouble = trouble;
    this.#troubleAt = this.#settings.clock.monotonicMs();
  }

  #down(): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (wasUp) this.#settings.down();
    if (this.#isClosed) return;
    const probe = () => void this.#probe();
    this.#stopProbing ??= this.#settings.clock.schedule(probe, { delayMs: PROBE_AFTER_MS, background: true });
  }

  async #probe(): Promise<void> {
    try {
      await this.#inTime(this.#ping());
      this.#stopProbing = undefined;
      this.#isUp = true;
      this.#settings.up();
    } catch (error) {
      this.#stopProbing = undefined;
      if (error instanceof SharedStoreError) this.#note(error);
      this.#down();
    }
  }

  /**
   * One that was not answered is asked again after a while only: of a connection that is silent, thousands would wait in an hour. But again: one that was
   * lost may never be answered, though the store is there.
   */
  #ping(): Promise<void> {
    const nowMs = this.#settings.clock.monotonicMs();
    if (this.#pinging !== undefined && nowMs - this.#pinging.sinceMs < PING_AGAIN_MS) return this.#pinging.answer;
    const pinging = { answer: this.#settings.ping(), sinceMs: nowMs };
    const ended = () => {
      if (this.#pinging === pinging) this.#pinging = undefined;
    };
    pinging.answer.then(ended, ended);
    this.#pinging = pinging;
    return pinging.answer;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopProbing?.();
  }
}
