import { type Clock, type LimitGrant, type LimitStore, type LimitTake, limitPace } from "@cloudlink/core";

/** How long, in milliseconds, a store is waited for: many times what one nearby takes, and little beside what a vendor takes. */
const PATIENCE_MS = 50;

/** How long, in milliseconds, a store that did not answer is left alone before it is asked again, by one question that nobody waits for. */
const RETREAT_MS = 1_000;

/** The way to a store of limits, for all of them on one clock: when it does not answer for one, none waits for it. */
export class StoreLink {
  readonly #store: LimitStore;
  readonly #clock: Clock;
  #downUntil = Number.NEGATIVE_INFINITY;
  #isDown = false;
  #replicas = 1;
  /** When it last said that there are so many. */
  #replicasAt = Number.NEGATIVE_INFINITY;

  constructor({ store, clock }: { readonly store: LimitStore; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether it answered when it was asked last. */
  get isUp(): boolean {
    return !this.#isDown;
  }

  /** How many share a limit that it never answered for, at a guess: the most that share any, by its answers of late; 1 while there was none. */
  get replicas(): number {
    return this.#replicas;
  }

  /** Whether it has been left alone for long enough to be asked whether it is back. From then on it is left alone again. */
  isDueForTrial(nowMs: number): boolean {
    if (nowMs < this.#downUntil) return false;
    this.#downUntil = nowMs + RETREAT_MS;
    return true;
  }

  /** What the store gives; `undefined` if it does not answer in time. It does not reject. */
  async take(request: LimitTake): Promise<LimitGrant | undefined> {
    const { promise, resolve } = Promise.withResolvers<LimitGrant | undefined>();
    let isOver = false;
    const give = (grant: LimitGrant | undefined) => {
      // What comes after that changes nothing: what it gave is lost, and a store that is always late is none.
      if (isOver) return;
      isOver = true;
      cancel();
      resolve(grant);
    };
    const fail = () => {
      if (!isOver) this.#fails();
      give(undefined);
    };
    const cancel = this.#clock.schedule(() => afterReading(fail), { delayMs: PATIENCE_MS });
    void (async () => await this.#store.take(request))().then(give, fail);
    const grant = await promise;
    if (grant !== undefined) {
      this.#isDown = false;
      this.#downUntil = Number.NEGATIVE_INFINITY;
      this.#count(grant.replicas, this.#clock.monotonicMs());
    }
    return grant;
  }

  #count(replicas: number, nowMs: number): void {
    if (replicas < this.#replicas && nowMs - this.#replicasAt < limitPace.replicaMs) return;
    this.#replicas = Math.max(1, replicas);
    this.#replicasAt = nowMs;
  }

  /** Tells the store something, if it is there. What it does not hear its bucket hears from the vendor's next refusal. */
  tell(word: (store: LimitStore) => Promise<void>): void {
    if (this.#isDown) return;
    void (async () => await word(this.#store))().catch(() => this.#fails());
  }

  #fails(): void {
    this.#isDown = true;
    this.#downUntil = this.#clock.monotonicMs() + RETREAT_MS;
  }
}

/**
 * Runs `task` when what is in the sockets has been read. After a moment in which this process did nothing else (a collection of garbage, a long text to
 * parse) its timers run before that, and what had come in time would count as missing.
 */
function afterReading(task: () => void): void {
  // The first turn ends with the sockets' events, the second with what a client made of them.
  setImmediate(() => setImmediate(task));
}
