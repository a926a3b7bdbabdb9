import type { Clock } from "@cloudlink/core";
import type { SeenResource } from "../resource-namespace.ts";
import type { Invalidation } from "./invalidation.ts";
import { Outbox } from "./outbox.ts";
import type { Reach } from "./reach.ts";
import type { SharedStore } from "./shared-store.ts";

/** For how long, in milliseconds, whoever invalidates waits until others have been told. After that they are told later. */
const LONGEST_WAIT_MS = 250;

/** How often, in milliseconds, a store that answers and does not take an invalidation is told again. */
const RETRY_MS = 100;

/** Tells the store of invalidations, each until it has been told. */
export class Telling {
  readonly #store: SharedStore;
  readonly #reach: Reach;
  readonly #clock: Clock;
  readonly #outbox = new Outbox();
  readonly #toldAt: (position: number, invalidation: Invalidation) => void;
  #stopRetrying: (() => void) | undefined;
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

  /** Tells all that wait: the store answers again. */
  async tellAll(): Promise<void> {
    await Promise.all(this.#outbox.list().map((invalidation) => this.#send(invalidation)));
  }

  async #send(invalidation: Invalidation): Promise<void> {
    const told = await this.#reach.ask(async () => {
      const position = await this.#store.invalidate(invalidation);
      if (position !== undefined) this.#toldAt(position, invalidation);
      return true;
    });
    if (told === true) this.#outbox.told(invalidation);
    else if (this.#reach.isUp && !this.#isClosed) this.#retryLater();
  }

  #retryLater(): void {
    const retry = () => {
      this.#stopRetrying = undefined;
      void this.tellAll();
    };
    this.#stopRetrying ??= this.#clock.schedule(retry, { delayMs: RETRY_MS, background: true });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRetrying?.();
  }
}
