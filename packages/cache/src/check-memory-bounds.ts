import { CloudLinkError } from "@cloudlink/core";
import type { MemoryBounds } from "./memory-budget.ts";

/** How much may be kept in memory. */
export interface MemoryBoundsSettings {
  /** The most entries. 100,000 if left out. */
  readonly maxEntries?: number;
  /** About the most memory, in bytes, counted over what the values hold. 128 MiB if left out. */
  readonly maxBytes?: number;
}

const MAX_ENTRIES = 100_000;
const MAX_BYTES = 128 * 1024 * 1024;

/** @throws `invalid_argument` (`ErrInvalidSettings`) for bounds that are no positive numbers. */
export function checkMemoryBounds({
  maxEntries = MAX_ENTRIES,
  maxBytes = MAX_BYTES,
}: MemoryBoundsSettings): MemoryBounds {
  for (const [name, given] of Object.entries({ maxEntries, maxBytes })) {
    if (typeof given === "number" && given >= 1) continue;
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: `${name} of a cache is a positive number; to keep nothing, leave the cache out.`,
      origin: "caller",
    });
  }
  return { maxEntries, maxBytes };
}
