import type { FreshnessAdvice, FreshnessBounds } from "@cloudlink/core";
import type { FreshnessAdviceForm } from "./freshness-advice.schema.ts";
import { wholeAge } from "./whole-age.ts";

/** The form of what a kind or a provider advertises. */
export function encodeAdvice(advice: FreshnessAdvice): FreshnessAdviceForm {
  const { rules, listMaxAgeMs } = advice;
  return {
    ...encodeBounds(advice),
    ...(rules !== undefined && {
      rules: rules.map((rule) => ({ path: rule.path, words: [...rule.words], ...encodeBounds(rule) })),
    }),
    ...(listMaxAgeMs !== undefined && { listMaxAgeMs: wholeAge(listMaxAgeMs) }),
  };
}

/** Whole, since it may be infinite, which JSON cannot say. */
function encodeBounds({ maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs }: FreshnessBounds) {
  return {
    maxAgeMs: wholeAge(maxAgeMs),
    ...(staleWhileRevalidateMs !== undefined && { staleWhileRevalidateMs: wholeAge(staleWhileRevalidateMs) }),
    ...(staleIfErrorMs !== undefined && { staleIfErrorMs: wholeAge(staleIfErrorMs) }),
  };
}
