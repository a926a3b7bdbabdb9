import { z } from "zod";
import { resourceStateForm } from "./resource-state.schema.ts";
import { kindName, refText } from "./text.schema.ts";

const count = z.number().min(0);

/** How the level stands that processes share, as `/readyz` has it too. */
export const sharedStandingForm = z
  .object({
    state: z.enum(["up", "down"]).describe("down: what is asked of it fails, and reads do without."),
    trouble: z.string().exactOptional().describe("What is wrong, in a few words. Absent while nothing is."),
    hears: z
      .boolean()
      .describe(
        "Whether word of invalidations arrives from the others. While it does not, what they invalidate answers for some seconds more.",
      ),
    untold: count.describe("Invalidations of this process that the others have not been told of yet."),
  })
  .meta({ id: "SharedStanding", description: "How the level stands that processes share." });

/** See {@link sharedStandingForm}. */
export type SharedStandingForm = z.infer<typeof sharedStandingForm>;

const sharedUseForm = sharedStandingForm
  .extend({
    hits: count.describe("Reads that it answered."),
    misses: count.describe("Reads that it had nothing for."),
    followed: count.describe("Reads that waited for what another process fetched."),
    stored: count.describe("Entries that it took."),
    refused: count.describe("Entries that it refused: something was invalidated since they were asked for."),
    failed: count.describe("Requests to it that failed or took too long."),
  })
  .meta({ id: "SharedUse", description: "How the level stands that processes share, and what it did for this one." });

/** 200 of `GET /v1/cache`. */
export const cacheStatsForm = z
  .object({
    entries: count.describe("Resources and lists that are kept."),
    bytes: count.describe("About how much memory they take."),
    maxEntries: count,
    maxBytes: count,
    evicted: count.describe("Entries that were let go for want of room."),
    invalidated: count.describe("Entries that were invalidated."),
    shared: sharedUseForm.exactOptional(),
    outcomes: z
      .object({ hit: count, stale: count, miss: count, collapsed: count, batched: count, refreshed: count })
      .describe(
        "How reads came out since the server started: answered by what is kept, by what is older than asked for, by the vendor, by a vendor call that ran already, by one that is shared; and entries that were refreshed though nobody waited.",
      ),
  })
  .meta({ id: "CacheStats", description: "How often the cache answered, and how full it is." });

/** See {@link cacheStatsForm}. */
export type CacheStatsForm = z.infer<typeof cacheStatsForm>;

/** Query of `GET /v1/cache/resource`. */
export const cachedQueryForm = z
  .strictObject({ ref: refText, kind: kindName.exactOptional() })
  .meta({ id: "CachedQuery", description: "Of which resource." });

/** See {@link cachedQueryForm}: what it gives. */
export type CachedQuery = z.infer<typeof cachedQueryForm>;

/** 200 of `GET /v1/cache/resource`. */
export const cachedResourceForm = z
  .object({ states: z.array(resourceStateForm).describe("One for each view that is kept.") })
  .meta({ id: "CachedResource", description: "What is kept of a resource." });

/** See {@link cachedResourceForm}. */
export type CachedResourceForm = z.infer<typeof cachedResourceForm>;

const place = z.string().min(1).max(256);

/** Body of `POST /v1/cache/invalidate`. */
export const invalidateRequestForm = z
  .strictObject({
    ref: refText.exactOptional(),
    kind: kindName.exactOptional(),
    provider: place.exactOptional(),
    account: place.exactOptional(),
    region: place.exactOptional(),
    tags: z.record(z.string(), z.string()).exactOptional().describe("Tags of the resource, each with its value."),
  })
  .meta({
    id: "InvalidateRequest",
    description: "What is to be forgotten: what has all the properties given. With none, it is everything.",
  });

/** See {@link invalidateRequestForm}. */
export type InvalidateRequestForm = z.infer<typeof invalidateRequestForm>;

/** 200 of `POST /v1/cache/invalidate`. */
export const invalidationForm = z
  .object({ invalidated: count.describe("How many entries were let go.") })
  .meta({ id: "Invalidation", description: "What was forgotten." });

/** See {@link invalidationForm}. */
export type InvalidationForm = z.infer<typeof invalidationForm>;
