import { CloudLinkError, type Operation, type OperationRecord, type OperationStatus } from "@cloudlink/core";
import { commandLine } from "../command-line.ts";
import { pause } from "../pause.ts";
import { readableError } from "../readable-error.ts";
import type { Session } from "../session.ts";
import { summed } from "./each-ref.ts";

/** How far an action came: what is known of its operation, and why no more. */
export interface Followed {
  readonly operation?: OperationRecord;
  readonly error?: CloudLinkError;
}

/**
 * Follows an operation to its end, the vendor's wait between one question and the next. It does not reject: the operation as it was seen
 * last comes with the error, and its stats with what asking cost.
 */
export async function followToEnd(
  session: Session,
  follow: {
    readonly operation: Operation;
    /** Told how it stands, in words, each time before it is waited for. */
    onStatus(status: string): void;
  },
): Promise<Followed> {
  const { connection, ctx } = session;
  const { operation, onStatus } = follow;
  const startedAt = performance.now();
  let latest: OperationRecord = operation;
  try {
    while (latest.status.state === "running") {
      onStatus(inWords(latest.status));
      await pause(ctx, latest.status.pollAfterMs);
      const { status, stats } = await connection.operation(ctx, { token: operation.token });
      const cost = summed([latest.stats, stats], operation.stats.durationMs + performance.now() - startedAt);
      latest = { ...latest, status, stats: cost };
    }
    return { operation: latest };
  } catch (error) {
    return { operation: latest, error: leftUnfinished(session, latest, error) };
  }
}

function inWords(status: OperationStatus): string {
  if (status.state === "done") return "done";
  return status.progress === undefined ? "under way" : `under way, ${Math.round(status.progress * 100)}%`;
}

/** An error after the vendor had accepted the action: it says that the action goes on, where it does, and how to follow it. */
function leftUnfinished(session: Session, operation: OperationRecord, error: unknown): CloudLinkError {
  const { ref, action } = operation;
  const known = readableError(error);
  const told = known.with({
    effect: known.effect ?? "done",
    ref: known.ref ?? ref.key,
    details: { ...known.details, follow: howToFollow(session, operation) },
  });
  const message = {
    canceled: `You stopped waiting. The ${action} was accepted and goes on.`,
    deadline_exceeded: `The time to wait is over. The ${action} was accepted and goes on.`,
  }[known.code as "canceled" | "deadline_exceeded"];
  return message === undefined ? told : new CloudLinkError({ ...told.toJSON(), message, cause: known.cause });
}

/** A command that goes on where this one left off. Without a token that other processes take, that is to look at the resource. */
function howToFollow({ connection, place }: Session, { ref, token }: OperationRecord): string {
  const server = place.server === undefined ? [] : ["--server", place.server];
  const config = place.config === undefined ? [] : ["--config", place.config];
  const words = connection.sharesOperations
    ? ["cloudlink", "operation", token, "--wait", ...server, ...config]
    : ["cloudlink", "get", ref.key];
  return commandLine(words);
}
