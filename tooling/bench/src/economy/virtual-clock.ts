import type { Clock } from "@cloudlink/core";

interface Timer {
  readonly at: number;
  readonly order: number;
  /** `undefined` once it was canceled. */
  task: (() => void) | undefined;
}

/**
 * The time of a simulation: it stands still until it is moved, one instant after the other, so that what an instant's tasks bring about can
 * go on before the next. Millions of timers pass through it, most of which are canceled: those stay until their time comes.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #scheduled = 0;
  /** A binary heap: no timer is due before the one at half its place. */
  readonly #heap: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(task: () => void, { delayMs }: { readonly delayMs: number }): () => void {
    const timer: Timer = { at: this.#nowMs + Math.max(0, delayMs), order: this.#scheduled, task };
    this.#scheduled += 1;
    this.#push(timer);
    return () => {
      timer.task = undefined;
    };
  }

  /** When the next task is due; `Infinity` if none is. */
  get nextAt(): number {
    for (let [top] = this.#heap; top !== undefined; [top] = this.#heap) {
      if (top.task !== undefined) return top.at;
      this.#pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Moves to the instant of the next task, and runs everything that is due then, in the order in which it was scheduled. */
  runNext(): void {
    const at = this.nextAt;
    this.#nowMs = at;
    while (this.nextAt === at) this.#pop()?.task?.();
  }

  /** Moves on. @throws RangeError when something is due before. */
  moveTo(atMs: number): void {
    if (atMs < this.#nowMs || this.nextAt < atMs) throw new RangeError("something is due before");
    this.#nowMs = atMs;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(timer);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!isBefore(timer, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let place = 0;
    for (let below = 1; below < heap.length; below = 2 * place + 1) {
      const other = heap[below + 1];
      if (other !== undefined && isBefore(other, heap[below] as Timer)) below += 1;
      const child = heap[below] as Timer;
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
    return top;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
