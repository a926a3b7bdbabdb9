import { CloudLinkError, type Operation, type OperationRecord, type OperationStatus } from "@cloudlink/core";
import { commandLine } from "../command-line.ts";
import { pause } from "../pause.ts";
import { readableError } from "../readable-error.ts";
import type { Session } from "../session.ts";
import { SHORTEST_INTERVAL_MS } from "../shortest-interval.ts";
import { askOnce, mayPass, setbackText } from "./asking.ts";
import { summed } from "./each-ref.ts";

/**
 * How long nothing but trouble is put up with, in milliseconds: as long as `wait` waits by default. Without `--timeout` nothing else would
 * end the waiting for a server that is gone for good.
 */
const TROUBLE_BELIEVED_AFTER_MS = 300_000;

/** How far an action came: what is known of its operation, and why no more. */
export interface Followed {
  readonly operation?: OperationRecord;
  readonly error?: CloudLinkError;
}

/**
 * Follows an operation to its end, the vendor's wait between one question and the next. What may pass does not end it, as it does not end
 * `wait`, unless it lasts. It does not reject: the operation as it was seen last comes with the error, and its stats with what asking cost.
 */
export async function followToEnd(
  session: Session,
  follow: {
    readonly operation: Operation;
    /** Told how it stands, in words, each time before it is waited for. */
    onStatus(status: string): void;
  },
): Promise<Followed> {
  const { connection, ctx, reporter } = session;
  const { operation, onStatus } = follow;
  const startedAt = performance.now();
  let latest: OperationRecord = operation;
  let trouble: { readonly setback: CloudLinkError; readonly since: number } | undefined;
  try {
    while (latest.status.state === "running") {
      onStatus(trouble === undefined ? inWords(latest.status) : trouble.setback.code);
      await pause(ctx, untilNext(latest.status.pollAfterMs, trouble?.setback));
      try {
        // The newest token knows best how far it has come.
        const { token } = latest;
        const asked = await askOnce(ctx, (own) => connection.operation(own, { token }));
        const stats = summed([latest.stats, asked.stats], operation.stats.durationMs + performance.now() - startedAt);
        latest = { ...latest, status: asked.status, token: asked.token, stats };
        trouble = undefined;
      } catch (error) {
        const setback = readableError(error);
        const now = ctx.clock.monotonicMs();
        const since = trouble?.since ?? now;
        if (ctx.error() !== undefined || !isPassing(setback) || now - since >= TROUBLE_BELIEVED_AFTER_MS) throw error;
        trouble = { setback, since };
        reporter.detail(setbackText(setback));
      }
    }
    return { operation: latest };
  } catch (error) {
    return { operation: latest, error: leftUnfinished(session, { operation: latest, error, last: trouble?.setback }) };
  }
}

/** Whether only the question failed, in a way that may pass. That nothing was done is said of the action itself, which is over then. */
function isPassing(error: CloudLinkError): boolean {
  return error.effect !== "none" && mayPass(error);
}

function untilNext(pollAfterMs: number, setback: CloudLinkError | undefined): number {
  if (setback === undefined) return pollAfterMs;
  return Math.max(pollAfterMs, SHORTEST_INTERVAL_MS, setback.retry.afterMs ?? 0);
}

function inWords(status: OperationStatus): string {
  if (status.state === "done") return "done";
  return status.progress === undefined ? "under way" : `under way, ${Math.round(status.progress * 100)}%`;
}

/** An error after the vendor had accepted the action: it says that the action goes on, where it does, and how to follow it. */
function leftUnfinished(
  session: Session,
  how: { readonly operation: OperationRecord; readonly error: unknown; readonly last: CloudLinkError | undefined },
): CloudLinkError {
  const { operation, error, last } = how;
  const { ref, action } = operation;
  const known = readableError(error);
  const told = known.with({
    effect: known.effect ?? "done",
    ref: known.ref ?? ref.key,
    details: {
      ...known.details,
      ...(last !== undefined && { "last problem": last.message }),
      follow: howToFollow(session, operation),
    },
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
