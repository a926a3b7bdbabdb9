/**
 * Deterministic randomness: the same key always gives the same numbers, in any process and in any order of asking.
 * Not for secrets.
 */

/** Mixes the bits of a 32-bit word (the finalizer of MurmurHash3, public domain). */
export function mix32(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of a text (FNV-1a, then mixed), the same everywhere. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/** A stream of numbers in [0, 1) that depends on the words alone (mulberry32, public domain). */
export function randomFrom(...words: number[]): () => number {
  let state = words.reduce((seed, word) => mix32((seed + 0x9e3779b9) ^ word), 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Lower-case hexadecimal digits that depend on the text alone. */
export function hexOf(text: string, digits: number): string {
  let hex = "";
  for (let i = 0; hex.length < digits; i++) hex += hash32(`${i}:${text}`).toString(16).padStart(8, "0");
  return hex.slice(0, digits);
}

/** One element of a non-empty list, chosen by a number in [0, 1). */
export function pick<T>(choices: readonly [T, ...T[]], random: number): T {
  return choices[Math.floor(random * choices.length)] ?? choices[0];
}
