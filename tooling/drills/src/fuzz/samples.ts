import fc from "fast-check";

/** How many are made at once. */
const CHUNK = 250;

/** `count` samples, the same ones for a seed however many are asked for; never all of them in memory. */
export function* samples<Value>(
  arbitrary: fc.Arbitrary<Value>,
  { seed, count }: { readonly seed: number; readonly count: number },
): Generator<Value> {
  for (let made = 0; made < count; made += CHUNK) {
    yield* fc.sample(arbitrary, { seed: seed + made, numRuns: CHUNK }).slice(0, count - made);
  }
}
