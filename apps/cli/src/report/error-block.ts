import type { ActionEffect, ErrorJson } from "@cloudlink/core";
import { DEFAULT_TIMEOUT_MS } from "../connection/connection.ts";
import { durationText } from "../duration.ts";
import { neutralize } from "../output/neutralize.ts";
import { type Caller, hintFor } from "./hint.ts";

/** What became of an action that failed, for people. */
export function effectText(effect: ActionEffect): string {
  const texts = {
    none: "nothing was done",
    unknown: "it is not known whether it was done",
    done: "it was done, or is under way: the vendor had accepted it",
  };
  return texts[effect];
}

/** Text in a style of `util.styleText`, or as it is. */
export type Paint = (style: "red" | "yellow" | "dim", text: string) => string;

/** What an error block needs beside the error. */
export interface ErrorBlockSettings {
  readonly exitCode: number;
  readonly paint: Paint;
  /** What `--timeout` said. */
  readonly timeoutMs?: number | undefined;
  readonly caller: Caller;
}

/** An error for people: what happened, what to do, and what to quote when asking for help. */
export function errorBlock(error: ErrorJson, settings: ErrorBlockSettings): string {
  const { exitCode, paint, caller } = settings;
  const { afterMs, retryable } = error.retry;
  const facts: (readonly [string, string | undefined])[] = [
    ["effect", error.effect && effectText(error.effect).toUpperCase()],
    ["code", `${error.code} (${error.reason}), from ${error.provider ?? error.origin}`],
    ["resource", error.ref],
    ["during", error.operation],
    [
      "retry",
      retryable ? `may succeed later${afterMs === undefined ? "" : `, after ${durationText(afterMs)}`}` : undefined,
    ],
    ["limit", error.code === "deadline_exceeded" ? limitText(settings) : undefined],
    ["to do", hintFor(error, caller)],
    ...Object.entries(error.details ?? {}),
    ["trace", error.traceId],
    ["exit code", String(exitCode)],
  ];
  const known = facts.flatMap(([name, fact]) =>
    fact === undefined ? [] : [[neutralize(name), neutralize(fact)] as const],
  );
  const width = Math.max(...known.map(([name]) => name.length));
  const lines = known.map(([name, fact]) => `  ${paint("dim", name.padEnd(width))}  ${fact}\n`);
  return `${paint("red", "error:")} ${messageText(error)}\n${lines.join("")}`;
}

/** What is wrong with a file of the caller's own is a line for each mistake. A message of anybody else's is one line, whatever it holds. */
function messageText({ message, reason, origin }: ErrorJson): string {
  if (reason !== "ErrInvalidSettings" || origin !== "caller") return neutralize(message);
  return message.split("\n").map(neutralize).join("\n  ");
}

function limitText({ timeoutMs, caller }: ErrorBlockSettings): string {
  if (timeoutMs !== undefined) return `${durationText(timeoutMs)} (--timeout)`;
  if (caller !== "shell") return `that of the ${caller}, where --timeout sets no other`;
  return `${durationText(DEFAULT_TIMEOUT_MS)} for a call and for each page of a list, where --timeout sets no other`;
}
