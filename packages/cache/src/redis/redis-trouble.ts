import { SharedStoreError } from "../shared/shared-store.ts";
import { replyOf } from "./redis-reply.ts";

/** What an error means to a cache. Nothing of its text is kept: that may hold what was sent. */
export function troubleOf(error: unknown): SharedStoreError {
  if (error instanceof SharedStoreError) return error;
  const { trouble, isDown } = replyOf(error) ?? { trouble: "it cannot be reached", isDown: true };
  return new SharedStoreError(trouble, { isDown });
}

/** What it means where an error came in place of a connection: whatever it says, nothing can be asked. */
export function troubleConnecting(error: unknown): SharedStoreError {
  return new SharedStoreError(troubleOf(error).trouble, { isDown: true });
}
