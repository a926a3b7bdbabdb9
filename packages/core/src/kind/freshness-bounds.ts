import type { FreshnessAdvice, FreshnessBounds } from "../freshness.ts";
import { valueAt } from "./filter.ts";

/** Where nobody advises anything: always live. */
const live: FreshnessBounds = Object.freeze({ maxAgeMs: 0 });

/** What `advice` is for a resource with that value: the first rule that fits, or all the rest. The same object for the same rule. */
export function boundsFor(advice: FreshnessAdvice | undefined, value: unknown): FreshnessBounds {
  if (advice === undefined) return live;
  for (const rule of advice.rules ?? []) {
    const word = valueAt(value, rule.path);
    if (typeof word === "string" && rule.words.includes(word)) return rule;
  }
  return advice;
}
