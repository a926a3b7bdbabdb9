import { invalid } from "../error/invalid.ts";
import type { FreshnessAdvice } from "../freshness.ts";

/**
 * Checks advice that did not come through the compiler.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for an age that is none, rules that are no list, or a rule without a path or words.
 */
export function checkFreshnessAdvice(advice: FreshnessAdvice, owner: string): void {
  const { rules = [], listMaxAgeMs = 0 } = advice;
  if (!Array.isArray(rules)) throw invalid("ErrInvalidSettings", `The rules in the freshness of ${owner} are a list.`);
  for (const bounds of [advice, ...rules]) {
    const { maxAgeMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0 } = bounds;
    if ([maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs, listMaxAgeMs].every(isAge)) continue;
    throw invalid("ErrInvalidSettings", `An age in the freshness of ${owner} is no number of milliseconds, 0 or more.`);
  }
  for (const { path, words } of rules) {
    if (typeof path === "string" && path !== "" && Array.isArray(words) && words.length > 0) continue;
    throw invalid(
      "ErrInvalidSettings",
      `A rule in the freshness of ${owner} needs a path and the words that it is for.`,
    );
  }
}

function isAge(given: unknown): boolean {
  return typeof given === "number" && given >= 0;
}
