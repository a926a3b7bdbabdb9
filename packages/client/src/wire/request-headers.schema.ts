import { z } from "zod";
import { wholeNumberText } from "./text.schema.ts";

/** The header `x-cloudlink-timeout-ms`. */
export const timeoutHeader = wholeNumberText(1).meta({
  id: "TimeoutMs",
  description: "How long the caller waits, in whole milliseconds. The call ends by then; the server may bound it.",
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
