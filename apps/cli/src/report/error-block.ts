import type { ErrorCode, ErrorJson } from "@cloudlink/core";
import { DEFAULT_TIMEOUT_MS } from "../connection/connect.ts";
import { durationText } from "../duration.ts";
import { neutralize } from "../output/neutralize.ts";

/** What to do at a shell, beside what the error's own message says. */
const hints: Partial<Record<ErrorCode, string>> = {
  unauthenticated:
    "Give credentials the vendor's usual way (environment, profile, instance role), or name one with --profile or --role-arn.",
  permission_denied: "Ask for the missing permission, or call as somebody else with --profile or --role-arn.",
  resource_exhausted: "Try again later, or ask for less: fewer accounts or regions.",
  unavailable: "Check the network, HTTPS_PROXY, NO_PROXY and --endpoint, then try again.",
};

/** Text in a style of `util.styleText`, or as it is. */
export type Paint = (style: "red" | "yellow" | "dim", text: string) => string;

/** What an error block needs beside the error. */
export interface ErrorBlockSettings {
  readonly exitCode: number;
  readonly paint: Paint;
  /** What `--timeout` said. */
  readonly timeoutMs?: number | undefined;
}

/** An error for people: what happened, what to do, and what to quote when asking for help. */
export function errorBlock(error: ErrorJson, { exitCode, paint, timeoutMs }: ErrorBlockSettings): string {
  const { afterMs, retryable } = error.retry;
  const facts: (readonly [string, string | undefined])[] = [
    ["code", `${error.code} (${error.reason}), from ${error.provider ?? error.origin}`],
    ["resource", error.ref],
    ["during", error.operation],
    [
      "retry",
      retryable ? `may succeed later${afterMs === undefined ? "" : `, after ${durationText(afterMs)}`}` : undefined,
    ],
    ["limit", error.code === "deadline_exceeded" ? limitText(timeoutMs) : undefined],
    ["to do", error.reason === "ErrInvalidRef" ? "`cloudlink list -o name` prints refs to copy." : hints[error.code]],
    ...Object.entries(error.details ?? {}),
    ["trace", error.traceId],
    ["exit code", String(exitCode)],
  ];
  const known = facts.flatMap(([name, fact]) =>
    fact === undefined ? [] : [[neutralize(name), neutralize(fact)] as const],
  );
  const width = Math.max(...known.map(([name]) => name.length));
  const lines = known.map(([name, fact]) => `  ${paint("dim", name.padEnd(width))}  ${fact}\n`);
  return `${paint("red", "error:")} ${neutralize(error.message)}\n${lines.join("")}`;
}

function limitText(timeoutMs: number | undefined): string {
  if (timeoutMs !== undefined) return `${durationText(timeoutMs)} (--timeout)`;
  return `${durationText(DEFAULT_TIMEOUT_MS)} for a get and for each page of a list, where --timeout sets no other`;
}
