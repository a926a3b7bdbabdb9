import { refused } from "./http-refusal.ts";

/** How many calls run at once: what is turned away costs next to nothing, and those that run keep their time. */
export class Admission {
  readonly #most: number;
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes a place, which is given back by disposing of it.
   *
   * @throws HttpRefusal, 429 (`ErrOverloaded`), when there is none
   */
  enter(): Disposable {
    if (this.#running >= this.#most) {
      throw refused(429, {
        reason: "ErrOverloaded",
        message: `The server has ${this.#most} calls running and takes no more at once. Nothing was done. Ask again in a second.`,
        retryAfterMs: 1_000,
      });
    }
    this.#running += 1;
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#running -= 1;
      },
    };
  }
}
