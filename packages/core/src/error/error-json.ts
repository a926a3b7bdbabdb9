import { isErrorCode } from "./code.ts";
import type { ActionEffect, ErrorInit, ErrorOrigin } from "./error-fields.ts";

export const textFields = ["provider", "operation", "ref", "traceId"] as const;
const actionEffects: readonly ActionEffect[] = ["none", "unknown", "done"];
const errorOrigins: readonly ErrorOrigin[] = ["caller", "kernel", "cache", "credentials", "plugin", "vendor"];

/**
 * What a peer's error may bring along. A peer may be broken or hostile, and its errors are logged, cached and handed on, so every
 * part has a bound: room for the longest ref, and far more than any message or request id that is meant to be read.
 */
const LONGEST_TEXT = 4096;
const LONGEST_REASON = 256;
const MOST_DETAILS = 64;
const LONGEST_DETAIL_NAME = 256;

/** What an error is made from, read from its wire form. It takes anything, and keeps what has the form it should have. */
export function readErrorJson(json: unknown): ErrorInit {
  const form = recordOf(json);
  const retry = recordOf(form.retry);
  const { afterMs } = retry;
  const optional: Record<string, unknown> = {};
  for (const field of textFields) {
    const text = textOf(form[field], LONGEST_TEXT);
    if (text !== undefined) optional[field] = text;
  }
  if (isOneOf(actionEffects, form.effect)) optional.effect = form.effect;
  const details = detailsOf(form.details);
  if (details !== undefined) optional.details = details;
  return {
    code: isErrorCode(form.code) ? form.code : "unknown",
    reason: textOf(form.reason, LONGEST_REASON) ?? "ErrUnexpected",
    message: textOf(form.message, LONGEST_TEXT) ?? "The peer sent an error without a message.",
    origin: isOneOf(errorOrigins, form.origin) ? form.origin : "plugin",
    retry: {
      retryable: retry.retryable === true,
      ...(typeof afterMs === "number" && afterMs >= 0 && Number.isFinite(afterMs) && { afterMs }),
    },
    ...optional,
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** A text that is not empty, cut to its bound, and well-formed: half a surrogate pair cannot be sent on. */
function textOf(value: unknown, longest: number): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return (value.length > longest ? `${value.slice(0, longest - 1)}…` : value).toWellFormed();
}

function detailsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const texts = Object.entries(value)
    .slice(0, MOST_DETAILS)
    .flatMap(([name, entry]) => {
      if (typeof entry !== "string") return [];
      return [[textOf(name, LONGEST_DETAIL_NAME) ?? "", textOf(entry, LONGEST_TEXT) ?? ""] as const];
    });
  // fromEntries defines own properties, "__proto__" too.
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return typeof value === "string" && (words as readonly string[]).includes(value);
}
