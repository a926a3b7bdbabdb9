const SLOTS = 256;

/**
 * Hands out one copy of strings that keep coming back (a zone, an instance type, a tag's key), and never a slice.
 *
 * Two reasons, both of memory. V8 makes a slice of 13 characters or more a view that keeps the whole string it came from: a
 * single instance kept out of a page would keep 64 KB. And what survives a page is what the young generation's collector
 * copies, in one pause: with a string of its own for every value that pause was 12 to 30 ms.
 *
 * A direct-mapped table: bounded, constant time, and forgetful rather than wrong.
 */
export class StringPool {
  readonly #slots: string[] = new Array<string>(SLOTS).fill("");

  /** The text itself, as a string that shares memory with nothing but its equals. */
  intern(text: string): string {
    const { length } = text;
    if (length === 0) return "";
    const mixed =
      length * 31 + text.charCodeAt(0) * 7 + text.charCodeAt(length - 1) * 131 + text.charCodeAt(length >> 1) * 17;
    const slot = mixed & (SLOTS - 1);
    const held = this.#slots[slot];
    if (held === text) return held;
    const copy = Buffer.from(text, "latin1").toString("latin1");
    this.#slots[slot] = copy;
    return copy;
  }
}
