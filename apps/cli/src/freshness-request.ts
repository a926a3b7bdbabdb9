import type { FreshnessRequest } from "@cloudlink/core/calls";
import type { GetOptions, ReadOptions } from "./command-options.ts";

/** How old an answer may be, of a command that did not say: then it is the kernel that knows what kind and provider advertise. */
export function freshnessRequest(options: GetOptions): FreshnessRequest {
  const { staleWhileRevalidate, staleIfError } = options;
  return {
    ...maxAgeRequest(options),
    ...(staleWhileRevalidate !== undefined && { staleWhileRevalidateMs: staleWhileRevalidate }),
    ...(staleIfError !== undefined && { staleIfErrorMs: staleIfError }),
  };
}

/** The same of a list, which knows no stale answers. */
export function maxAgeRequest({ live, maxAge }: ReadOptions): Pick<FreshnessRequest, "maxAgeMs"> {
  if (live === true) return { maxAgeMs: 0 };
  return maxAge === undefined ? {} : { maxAgeMs: maxAge };
}
