/** Random choices that follow from a seed. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** From 0 up to, and without, `bound`. */
  below(bound: number): number;
  chance(share: number): boolean;
  /** @throws RangeError for an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  /** The same items in any order (Fisher and Yates). */
  shuffled<Item>(items: Iterable<Item>): readonly Item[];
}

/** Mulberry32 (Tommy Ettinger, public domain): small, and good enough to choose by. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick(items) {
      const [item] = items.slice(below(items.length));
      if (item === undefined) throw new RangeError("there is nothing to choose from");
      return item;
    },
    shuffled<Item>(items: Iterable<Item>) {
      const all = [...items];
      for (let last = all.length - 1; last > 0; last -= 1) {
        const place = below(last + 1);
        [all[last], all[place]] = [all[place] as Item, all[last] as Item];
      }
      return all;
    },
  };
}
