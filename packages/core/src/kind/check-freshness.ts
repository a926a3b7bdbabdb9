import { invalid } from "../error/invalid.ts";
import type { DocumentedReason } from "../error/reason.ts";
import type { FreshnessAdvice, FreshnessBounds } from "../freshness.ts";

/** Whether it is an age in milliseconds: a number, 0 or more. */
export function isAge(given: unknown): given is number {
  return typeof given === "number" && given >= 0;
}

/**
 * Checks ages that did not come through the compiler; what is left out is none.
 *
 * @throws `invalid_argument` with `reason`.
 */
export function checkFreshnessBounds(reason: DocumentedReason, bounds: Partial<FreshnessBounds>): void {
  for (const name of ["maxAgeMs", "staleWhileRevalidateMs", "staleIfErrorMs"] as const) {
    const given = bounds[name];
    if (given === undefined || isAge(given)) continue;
    throw invalid(reason, `${name} is a number of milliseconds, 0 or more; it was ${given}.`);
  }
}

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
