/**
 * Reads in the order of their instants. `next` goes to the next one, while there is one: it is one object that changes, since there are tens
 * of millions of them.
 */
export interface ReadStream {
  readonly atMs: number;
  readonly machine: number;
  /** Any replica, whichever the load balancer chose. */
  readonly replica: number;
  next(): boolean;
}

/** The reads of two streams. */
export class BothReads implements ReadStream {
  atMs = 0;
  machine = 0;
  replica = 0;
  readonly #one: ReadStream;
  readonly #other: ReadStream;
  #oneLeft: boolean;
  #otherLeft: boolean;

  constructor(one: ReadStream, other: ReadStream) {
    this.#one = one;
    this.#other = other;
    this.#oneLeft = one.next();
    this.#otherLeft = other.next();
  }

  next(): boolean {
    const isOne = this.#oneLeft && (!this.#otherLeft || this.#one.atMs <= this.#other.atMs);
    if (!isOne && !this.#otherLeft) return false;
    const { atMs, machine, replica } = isOne ? this.#one : this.#other;
    this.atMs = atMs;
    this.machine = machine;
    this.replica = replica;
    if (isOne) this.#oneLeft = this.#one.next();
    else this.#otherLeft = this.#other.next();
    return true;
  }
}
