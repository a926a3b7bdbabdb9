/** A goal as `goals.md` states it: the figure is at most, or at least, a number. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** One measured figure, beside its goal. What `--json` writes has these fields, with the goal as text. */
export interface Figure {
  /** `speed-10`, as in the goals. */
  readonly row: string;
  readonly name: string;
  readonly value: number;
  /** `x` for a ratio; empty for a count. */
  readonly unit: string;
  /** Left out for what only stands beside the figures of a row: a peer, or the same in other circumstances. */
  readonly goal?: Goal;
  /** How many calls, items or rounds it stands on. */
  readonly n: number;
  /** What the random choices behind it followed from, where there were any. */
  readonly seed?: number;
  /** The smallest and the largest of the rounds that `value` is the median of. */
  readonly spread?: readonly [number, number];
  /** What else was seen: the absolute times behind a ratio, say. */
  readonly note?: string;
}

/** A figure without a goal misses none. */
export function isMet({ value, goal }: Pick<Figure, "value" | "goal">): boolean {
  if (goal === undefined) return true;
  // NaN, a figure that was not measured, meets nothing.
  return "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;
}

export function goalText(goal: Goal): string {
  return "atMost" in goal ? `<=${goal.atMost}` : `>=${goal.atLeast}`;
}
