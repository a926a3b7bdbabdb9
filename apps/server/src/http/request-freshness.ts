import type { FreshnessRequest } from "@cloudlink/core/calls";

/** A directive with its value, as a token or in quotes: both are to be taken (RFC 9111, 5.2). */
const directive = /([^\s,="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g;

/**
 * How old an answer may be by the header `Cache-Control` of the request: `no-cache` and `max-age` (RFC 9111, 5.2.1) say what `maxAgeMs` does, and
 * `stale-if-error` (RFC 5861, 4) says what `staleIfErrorMs` does. Of several, the smallest counts.
 *
 * It refuses nothing: browsers and proxies write this header too, and what is not known in it is to be left aside. A `max-age` that is no
 * number is one of 0, as an answer with one is stale (RFC 9111, 4.2.1).
 */
export function requestFreshness({
  "cache-control": given,
}: {
  readonly "cache-control"?: string | undefined;
}): Pick<FreshnessRequest, "maxAgeMs" | "staleIfErrorMs"> {
  const maxAges: number[] = [];
  const staleIfErrors: number[] = [];
  for (const [, name = "", quoted, token] of (given ?? "").matchAll(directive)) {
    const ageMs = millisecondsOf(quoted ?? token ?? "");
    switch (name.toLowerCase()) {
      case "no-cache":
        maxAges.push(0);
        break;
      case "max-age":
        maxAges.push(ageMs ?? 0);
        break;
      case "stale-if-error":
        staleIfErrors.push(ageMs ?? 0);
        break;
    }
  }
  return {
    ...(maxAges.length > 0 && { maxAgeMs: Math.min(...maxAges) }),
    ...(staleIfErrors.length > 0 && { staleIfErrorMs: Math.min(...staleIfErrors) }),
  };
}

/** Of delta-seconds (RFC 9111, 1.2.2). */
function millisecondsOf(seconds: string): number | undefined {
  return /^\d+$/.test(seconds) ? Math.min(Number.MAX_SAFE_INTEGER, Number(seconds) * 1_000) : undefined;
}
