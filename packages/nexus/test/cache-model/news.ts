import type { Cache, Clock, Scope } from "@cloudlink/core";
import type { StoreLine } from "./store-line.ts";
import type { Sequence, Sighting } from "./vendor.ts";

/** Something after which what was seen before is no longer shown. */
export interface Outdating {
  readonly what: string;
  /** The kernel that it was done with, and so holds for at once. */
  readonly kernel: number;
  concerns(scope: Scope, sighting: Sighting): boolean;
  outdates(sighting: Sighting): boolean;
}

/** A kernel for which something is news: reads of it that begin after this are bound by what happened. */
interface Bound {
  /** It has heard. */
  fromSeq: number;
  /** When it could not hear, and knew that: {@link UNTOLD_MS} later it shows that no more, heard or not. */
  deafAtMs: number;
}

/** Something that happened, and for which kernels it holds. */
export interface Fenced extends Outdating {
  readonly bounds: readonly Bound[];
}

/** An action that somebody has had the end of. */
export interface Acted {
  readonly atMs: number;
  readonly account: string;
  /** When each kernel knew of it; Infinity while it does not. */
  readonly fromSeq: number[];
}

/** For how long what is invalidated answers where no word of it arrives, as `createSharedCache` promises. */
export const UNTOLD_MS = 5_000;

/** Something that the others have not been told of, as far as is known. */
interface Untold {
  readonly kernel: number;
  /** Whether whoever said it was told that the others know, or will. */
  isSaid: boolean;
  /** Tells a kernel. @returns whether it is told for good. */
  tell(kernel: number): boolean;
  readonly left: Set<number>;
}

/** What happened, and which kernels have had word of it. */
export class News {
  readonly fences: Fenced[] = [];
  readonly actions: Acted[] = [];
  readonly #seq: Sequence;
  readonly #clock: Clock;
  readonly #caches: readonly Cache[];
  readonly #lines: readonly StoreLine[];
  #untold: Untold[] = [];

  constructor(settings: {
    readonly seq: Sequence;
    readonly clock: Clock;
    readonly caches: readonly Cache[];
    readonly lines: readonly StoreLine[];
  }) {
    this.#seq = settings.seq;
    this.#clock = settings.clock;
    this.#caches = settings.caches;
    this.#lines = settings.lines;
  }

  /** It happened now. @param said - settles when others have been told, or will be. */
  fence(outdating: Outdating, said?: Promise<unknown>): void {
    const bounds = this.#caches.map(() => ({
      fromSeq: Number.POSITIVE_INFINITY,
      deafAtMs: Number.POSITIVE_INFINITY,
    }));
    const own = bounds[outdating.kernel];
    if (own !== undefined) own.fromSeq = this.#seq.next();
    this.fences.push({ ...outdating, bounds });
    const tell = (kernel: number) => {
      const bound = bounds[kernel];
      if (bound === undefined) return true;
      const { hears } = this.#lines[kernel] ?? { hears: true };
      if (hears) bound.fromSeq = this.#seq.next();
      else bound.deafAtMs = Math.min(bound.deafAtMs, this.#clock.monotonicMs());
      return hears;
    };
    this.#tellLater({ kernel: outdating.kernel, tell, ...(said !== undefined && { said }) });
  }

  /** How often the hearing of each kernel has changed: who has missed something hears of no action that came before. */
  hearings(): readonly number[] {
    return this.#lines.map(({ changes }) => changes);
  }

  /** An action has come to its end. @param hearings - from before it was asked for. */
  acted(
    kernel: number,
    { hearings, ...action }: { readonly atMs: number; readonly account: string; readonly hearings: readonly number[] },
  ): void {
    const fromSeq = this.#caches.map((_cache, each) => (each === kernel ? this.#seq.next() : Number.POSITIVE_INFINITY));
    this.actions.push({ ...action, fromSeq });
    const tell = (other: number) => {
      const line = this.#lines[other];
      if (line?.hears === true && line.changes === hearings[other]) fromSeq[other] = this.#seq.next();
      return true;
    };
    this.#tellLater({ kernel, tell });
  }

  #tellLater({
    kernel,
    tell,
    said,
  }: {
    readonly kernel: number;
    tell(kernel: number): boolean;
    readonly said?: Promise<unknown>;
  }): void {
    const left = new Set([...this.#caches.keys()].filter((other) => other !== kernel));
    if (left.size === 0) return;
    const untold: Untold = { kernel, isSaid: said === undefined, tell, left };
    void said?.then(() => {
      untold.isSaid = true;
    });
    this.#untold.push(untold);
  }

  /** Everything has arrived wherever it could: what a kernel has been told of binds it from now on. */
  arrived(): void {
    for (const { kernel, isSaid, tell, left } of this.#untold) {
      if (!isSaid || this.isToTell(kernel)) continue;
      for (const other of left) if (tell(other)) left.delete(other);
    }
    this.#untold = this.#untold.filter(({ left }) => left.size > 0);
  }

  /** Whether a kernel has something left to tell the others. */
  isToTell(kernel: number): boolean {
    return (this.#caches[kernel]?.use().shared?.untold ?? 0) > 0;
  }

  /** Whether every kernel knows everything. */
  get isKnown(): boolean {
    return this.#untold.length === 0 && !this.#caches.some((_cache, kernel) => this.isToTell(kernel));
  }
}
