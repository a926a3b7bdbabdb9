import type { Clock } from "@cloudlink/core";
import type { SeenResource } from "../resource-namespace.ts";
import type { Invalidation } from "./invalidation.ts";
import { Outbox } from "./outbox.ts";
import type { Reach } from "./reach.ts";
import type { SharedStore } from "./shared-store.ts";

/** For how long, in milliseconds, whoever invalidates waits until others have been told. After that they are told later. */
const LONGEST_WAIT_MS = 250;

/**
 * After how long, in milliseconds, a store that answers and does not take an invalidation is told again: at first, and at the most. Each time that it does
 * not take one either, it is left alone for twice as long.
 */
const RETRY_MS = 100;
const LONGEST_RETRY_MS = 3_000;

/** Tells the store of invalidations, each until it has been told. */
export class Telling {
  readonly #store: SharedStore;
  readonly #reach: Reach;
  readonly #clock: Clock;
  readonly #outbox = new Outbox();
  readonly #toldAt: (position: number, invalidation: Invalidation) => void;
  #stopRetrying: (() => void) | undefined;
  #retryMs = RETRY_MS;
  #isTellingAll = false;
  #isClosed = false;

  constructor(settings: {
    readonly store: SharedStore;
    readonly reach: Reach;
    readonly clock: Clock;
    /** One is in the log of the store now. */
    toldAt(position: number, invalidation: Invalidation): void;
  }) {
    this.#toldAt = settings.toldAt;
    this.#store = settings.store;
    this.#reach = settings.reach;
    this.#clock = settings.clock;
  }

  /** How many wait. */
  get untold(): number {
    return this.#outbox.size;
  }

  concerns(seen: SeenResource): boolean {
    return this.#outbox.concerns(seen);
  }

  /** Settles when the store has been told, or after a moment: then it is told as soon as it can be. */
  async tell(invalidation: Invalidation): Promise<void> {
    const waiting = this.#outbox.add(invalidation);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.schedule(resolve, { delayMs: LONGEST_WAIT_MS });
    try {
      await Promise.race([this.#send(waiting), late]);
    } finally {
      cancel();
    }
  }

  /** Tells all that wait: the store answers again, or may take them now. One is tried before the others, which are many. */
  async tellAll(): Promise<void> {
    const [first] = this.#outbox.list();
    if (this.#isTellingAll || first === undefined) return;
    this.#isTellingAll = true;
    try {
      if (await this.#send(first)) {
        this.#retryMs = RETRY_MS;
        await Promise.all(this.#outbox.list().map((invalidation) => this.#send(invalidation)));
      }
    } finally {
      this.#isTellingAll = false;
    }
  }

  /** @returns whether the store has taken it. */
  async #send(invalidation: Invalidation): Promise<boolean> {
    const told = await this.#reach.ask(async () => {
      const position = await this.#store.invalidate(invalidation);
      if (position !== undefined) this.#toldAt(position, invalidation);
      return true;
    });
    if (told === true) this.#outbox.told(invalidation);
    else {
      this.#outbox.refused(invalidation);
      if (this.#reach.isUp && !this.#isClosed) this.#retryLater();
    }
    return told === true;
  }

  #retryLater(): void {
    if (this.#stopRetrying !== undefined) return;
    const retry = () => {
      this.#stopRetrying = undefined;
      void this.tellAll();
    };
    this.#stopRetrying = this.#clock.schedule(retry, { delayMs: this.#retryMs, background: true });
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRetrying?.();
  }
}
