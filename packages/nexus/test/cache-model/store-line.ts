import {
  type Invalidation,
  type SharedStore,
  SharedStoreError,
  type StoreLease,
  type StoreListener,
  type StoreLog,
  type StoreRead,
  type StoreWord,
  type StoreWrite,
} from "@cloudlink/cache";
import type { Ref } from "@cloudlink/core";
import type { Trouble } from "./schedule.ts";

/** What {@link StoreLine} takes. */
export interface StoreLineSettings {
  readonly store: SharedStore;
  /** Words of its changes are for the model, which tells by them how far words have come. */
  readonly mark: Ref;
  /** The log, as somebody has it who begins to listen now. */
  loadLog(): Promise<StoreLog>;
}

/** What is between a kernel's cache and the store: it can be cut in either direction, and knows what is under way on it. */
export class StoreLine implements SharedStore {
  readonly #settings: StoreLineSettings;
  readonly #store: SharedStore;
  #listener: StoreListener | undefined;
  readonly #began = Promise.withResolvers<void>();
  #isCut = false;
  #hears = false;
  #trouble: Trouble | undefined;
  #late: (() => void)[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #awaited = new Map<number, () => void>();
  #lastMark = 0;
  /** How often hearing was cut or came back. */
  changes = 0;
  /** How many requests went to the store. */
  sent = 0;

  constructor(settings: StoreLineSettings) {
    this.#settings = settings;
    this.#store = settings.store;
  }

  /** Whether every word arrives, from the last time that it did not. */
  get hears(): boolean {
    return this.#hears;
  }

  /** Whether requests wait for the line to work again. */
  get isBusy(): boolean {
    return this.#late.length > 0;
  }

  /** Settles when words arrive for the first time. */
  began(): Promise<void> {
    return this.#began.promise;
  }

  /** Settles when nothing is under way that the store has got. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Settles when a mark that was published has come through to here, whether or not words go further. */
  async reached(mark: number): Promise<void> {
    if (this.#lastMark >= mark) return;
    await new Promise<void>((resolve) => this.#awaited.set(mark, resolve));
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#hears = false;
    this.changes += 1;
    this.#listener?.lost();
  }

  /** Words come through from now on, and what was missed is in the log. */
  mend(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.changes += 1;
    const since = this.changes;
    this.#count(
      this.#settings.loadLog().then((log) => {
        if (since === this.changes) this.#regained(log);
      }),
    );
  }

  #regained(log: StoreLog): void {
    this.#hears = true;
    this.#began.resolve();
    this.#listener?.regained(log);
  }

  set trouble(trouble: Trouble | undefined) {
    this.#trouble = trouble;
    if (trouble === "late") return;
    const late = this.#late;
    this.#late = [];
    for (const send of late) send();
  }

  async #ask<Result>(work: () => Promise<Result>): Promise<Result> {
    const send = () => this.#count(work());
    switch (this.#trouble) {
      case "gone":
        throw new SharedStoreError("it is gone", { isDown: true });
      case "full":
        throw new SharedStoreError("it is full", { isDown: false });
      case "mute":
        send().catch(() => {});
        return await new Promise<never>(() => {});
      case "late":
        return await new Promise((resolve, reject) => {
          this.#late.push(() => void send().then(resolve, reject));
        });
      default:
        return await send();
    }
  }

  #count<Result>(work: Promise<Result>): Promise<Result> {
    this.sent += 1;
    this.#underWay.add(work);
    const over = () => void this.#underWay.delete(work);
    work.then(over, over);
    return work;
  }

  read(place: string, reads: readonly StoreRead[]) {
    return this.#ask(() => this.#store.read(place, reads));
  }

  write(place: string, writes: readonly StoreWrite[]) {
    return this.#ask(() => this.#store.write(place, writes));
  }

  renew(place: string, leases: readonly StoreLease[], lastsMs: number) {
    return this.#ask(() => this.#store.renew(place, leases, lastsMs));
  }

  release(place: string, leases: readonly StoreLease[]) {
    return this.#ask(() => this.#store.release(place, leases));
  }

  invalidate(invalidation: Invalidation) {
    return this.#ask(() => this.#store.invalidate(invalidation));
  }

  ping() {
    return this.#ask(() => this.#store.ping());
  }

  listen(listener: StoreListener): void {
    this.#listener = listener;
    this.#store.listen({
      heard: (word) => {
        if (!this.#isMark(word) && !this.#isCut) listener.heard(word);
      },
      lost: () => {
        this.#hears = false;
        this.changes += 1;
        if (!this.#isCut) listener.lost();
      },
      regained: (log) => {
        if (!this.#isCut) this.#regained(log);
        // Marks may have been lost too: whoever waits for one has to set another.
        for (const resolve of this.#awaited.values()) resolve();
        this.#awaited.clear();
      },
    });
  }

  #isMark(word: StoreWord): boolean {
    if (word.type !== "invalidated" || word.invalidation.type !== "change") return false;
    const { ref, occurredAt } = word.invalidation.change;
    if (ref.key !== this.#settings.mark.key) return false;
    this.#lastMark = occurredAt;
    for (const [mark, resolve] of this.#awaited) {
      if (mark > occurredAt) continue;
      this.#awaited.delete(mark);
      resolve();
    }
    return true;
  }

  /** Whether all that was published until a mark has come through. */
  isPast(mark: number): boolean {
    return this.#lastMark >= mark;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
