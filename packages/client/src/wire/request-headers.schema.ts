import { z } from "zod";
import { wholeNumberText } from "./text.schema.ts";

/** The header `x-cloudlink-timeout-ms`. */
export const timeoutHeader = wholeNumberText(1).meta({
  id: "TimeoutMs",
  description: "How long the caller waits, in whole milliseconds. The call ends by then; the server may bound it.",
});

/** The header `Cache-Control` of a request (RFC 9111, 5.2.1; RFC 5861, 4). Any text: a directive that is not known is left aside. */
export const cacheControlHeader = z.string().meta({
  id: "RequestCacheControl",
  description:
    "How fresh the answer is to be: `no-cache` and `max-age=N`, in seconds, say what `maxAgeMs` of the query does, and `stale-if-error=N` what `staleIfErrorMs` does. What the query says counts in their place.",
});

/** The header `If-None-Match` (RFC 9110, 13.1.2). */
export const ifNoneMatchHeader = z.string().meta({
  id: "IfNoneMatch",
  description: "The ETag of an answer that the caller has: one whose state is the same is 304, without a body.",
});

/** The header `Idempotency-Key`. */
export const idempotencyKeyHeader = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .meta({
    id: "IdempotencyKey",
    description:
      "Names this wish of the caller's, by 1 to 255 printable ASCII characters without spaces, such as a UUID: however often it is sent with the same request, within a day, the action is carried out once.",
  });
