/**
 * Names of what is stored. A place's things are in one hash slot, by the braces; what stands in them is percent-encoded, so that it holds none of its own
 * and can be cut in one way only.
 */
export class RedisKeys {
  readonly #prefix: string;
  /** Where words to all processes are published. */
  readonly words: string;
  /** The log of invalidations of more than one resource. */
  readonly log: string;

  /** @param prefix - what all of them begin with. The number is that of the form of what is stored: another form is other keys. */
  constructor(prefix: string) {
    this.#prefix = `${prefix}:1`;
    this.words = `${this.#prefix}:words`;
    this.log = `${this.#prefix}:log`;
  }

  /** The hash of a resource. @param ref - its canonical text, of something in `place`. */
  resource(place: string, ref: string): string {
    return `${this.#prefix}:{${place}}:${ref.slice(place.length + 1)}`;
  }

  /** The hash of a limit. What names the limit is percent-encoded but for its slashes. */
  limit(key: string): string {
    return `${this.#prefix}:limit:{${key}}`;
  }

  /** Where a process hears that its words arrive. */
  beat(processId: string): string {
    return `${this.#prefix}:beat:${processId}`;
  }
}
