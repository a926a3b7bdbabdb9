import type { FreshnessAdvice, FreshnessBounds } from "@cloudlink/core";
import { durationText } from "../duration.ts";

const anyOf = new Intl.ListFormat("en", { type: "disjunction" });

/** What is good enough for who does not say, for people: `10.0s; 2.0s where powerState is starting or stopping; a list live`. */
export function freshnessText(advice: FreshnessAdvice | undefined): string {
  if (advice === undefined) return "live";
  const { rules = [], listMaxAgeMs = 0 } = advice;
  return [
    boundsText(advice),
    ...rules.map((rule) => `${boundsText(rule)} where ${rule.path} is ${anyOf.format(rule.words)}`),
    `a list ${ageText(listMaxAgeMs)}`,
  ].join("; ");
}

function boundsText({ maxAgeMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0 }: FreshnessBounds): string {
  const stale = [
    ...(staleWhileRevalidateMs > 0 ? [`${durationText(staleWhileRevalidateMs)} more while it is refreshed`] : []),
    ...(staleIfErrorMs > 0 ? [`${durationText(staleIfErrorMs)} more at a fault`] : []),
  ];
  return `${ageText(maxAgeMs)}${stale.length === 0 ? "" : ` (${stale.join(", ")})`}`;
}

function ageText(maxAgeMs: number): string {
  return maxAgeMs === 0 ? "live" : durationText(maxAgeMs);
}
