import { retryAfterOf } from "@cloudlink/client/wire";
import type { OperationRecord } from "@cloudlink/core";
import type { FastifyReply } from "fastify";

/** While an operation runs: when it makes sense to ask again. */
export function setOperationHeaders(reply: FastifyReply, { status }: OperationRecord): void {
  if (status.state !== "running") return;
  const seconds = retryAfterOf(status.pollAfterMs);
  if (seconds !== undefined) reply.header("retry-after", seconds);
}
