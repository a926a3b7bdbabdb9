/** What was counted with one seed: of the one, and of the other that it is divided by. */
export interface Pair {
  readonly count: number;
  readonly per: number;
}

/** A ratio over several seeds, and what it would be between, 19 times of 20, over all seeds there are. */
export interface RatioEstimate {
  readonly value: number;
  readonly from: number;
  readonly to: number;
  /** The seeds' own ratios, the smallest and the largest. */
  readonly spread: readonly [number, number];
}

/** Student's t, 97.5 %, by degrees of freedom from 1 on: every table of it has these. */
const T_QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** The sums' ratio, with the interval of the ratio estimator (Cochran, Sampling Techniques, 6.3): pairs that are counted together count as pairs. */
export function ratioEstimate(pairs: readonly Pair[]): RatioEstimate {
  const total = pairs.reduce((sum, { per }) => sum + per, 0);
  const value = pairs.reduce((sum, { count }) => sum + count, 0) / total;
  const residuals = pairs.reduce((sum, { count, per }) => sum + (count - value * per) ** 2, 0);
  const seeds = pairs.length;
  const error = Math.sqrt((residuals * seeds) / (seeds - 1)) / total;
  const reach = (T_QUANTILES[seeds - 2] ?? Number.NaN) * error;
  const ratios = pairs.map(({ count, per }) => count / per);
  return { value, from: value - reach, to: value + reach, spread: [Math.min(...ratios), Math.max(...ratios)] };
}
