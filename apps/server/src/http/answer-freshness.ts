import type { GetQuery } from "@cloudlink/client/wire";
import type { Freshness } from "@cloudlink/core";

/** What the query of a read says of how old its answer may be. */
export type AskedFreshness = Pick<GetQuery, "maxAgeMs" | "staleWhileRevalidateMs" | "staleIfErrorMs" | "native">;

/** The largest delta-seconds that every cache has to take for what it is (RFC 9111, 1.2.2). */
const MOST_SECONDS = 2 ** 31;

/**
 * The headers that say how fresh the answer to a read is, to a cache of the caller's own (`private`: it is nobody else's).
 *
 * - `Age` is how long ago the vendor was asked, in whole seconds, rounded up so that no cache takes an answer for younger than it is. It says that the
 *   origin was not asked for this request (RFC 9111, 5.1), so a live answer has none.
 * - `Cache-Control: max-age` is the `maxAgeMs` of the query: the lifetime runs from the observation, since a cache counts `Age` against it (RFC
 *   9111, 4.2.3). From a live answer, which has no `Age`, its few milliseconds are taken off. `stale-while-revalidate` and `stale-if-error`
 *   (RFC 5861) are those of the query; with neither, the answer must not be given once it is older (`must-revalidate`; RFC 9111, 5.2.2.2).
 * - Without a `maxAgeMs` in the query, with one that comes to no second, and with a native body: `no-cache`. A cache has to ask here each time
 *   (RFC 9111, 5.2.2.4), where actions and invalidations are known. What kinds advertise is not said on to it, nor what the request's own
 *   `Cache-Control` said: a cache finds an answer by its URL, for whoever asks next and may take none so old.
 */
export function freshnessHeaders(asked: AskedFreshness, freshness: Freshness): Readonly<Record<string, string>> {
  const { source, ageMs } = freshness;
  const isLive = source === "live";
  const untilMs = isLive ? (asked.maxAgeMs ?? 0) - ageMs : (asked.maxAgeMs ?? 0);
  return {
    ...(!isLive && { age: String(Math.min(MOST_SECONDS, Math.ceil(ageMs / 1_000))) }),
    "cache-control": `private, ${lifetimeOf(asked, wholeSeconds(untilMs))}`,
  };
}

function lifetimeOf(asked: AskedFreshness, maxAge: number): string {
  const { maxAgeMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0, native } = asked;
  const revalidate = wholeSeconds(staleWhileRevalidateMs);
  const ifError = wholeSeconds(staleIfErrorMs);
  const hasStale = revalidate > 0 || ifError > 0;
  if (maxAgeMs === undefined || native === true || (maxAge === 0 && !hasStale)) return "no-cache";
  return [
    `max-age=${maxAge}`,
    ...(revalidate > 0 ? [`stale-while-revalidate=${revalidate}`] : []),
    ...(ifError > 0 ? [`stale-if-error=${ifError}`] : []),
    ...(hasStale ? [] : ["must-revalidate"]),
  ].join(", ");
}

/** Rounded down: a cache may keep it shorter, and no longer. */
function wholeSeconds(ms: number): number {
  return Math.min(MOST_SECONDS, Math.max(0, Math.floor(ms / 1_000)));
}
