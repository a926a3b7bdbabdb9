import { quote } from "@cloudlink/core";
import type { z } from "zod";
import { hideValues } from "./hide-values.ts";
import { nearestWord } from "./nearest-word.ts";

/** What an issue is about. */
export interface Said {
  readonly value: unknown;
  /** Whether the value is not to be repeated. */
  readonly concealed: boolean;
}

/** What an issue of a schema of zod says of a value, to follow the value's name. */
export function sayIssue(issue: z.core.$ZodIssue, said: Said): string {
  const { value, concealed } = said;
  if (value === undefined) return "is missing";
  if (value === null) return "has no value";
  switch (issue.code) {
    case "invalid_type":
      return sayType(issue.expected, value);
    case "invalid_value":
      return sayWords(issue.values.map(String), said);
    case "invalid_union":
      return sayUnion(issue, said);
    case "too_small":
      return sayTooSmall(issue);
    case "too_big":
      return isCounted(issue)
        ? `has more than ${issue.maximum} ${nameOfCounted(issue)}`
        : `has to be ${issue.maximum} or less`;
    default:
      return concealed ? hideValues({ message: issue.message, value }) : issue.message;
  }
}

function sayType(expected: string, value: unknown): string {
  if (typeof value === "number") {
    if (expected === "string") return "has to be text, and YAML reads a number here; put it in quotes";
    if (expected === "int") return "has to be a whole number";
  }
  return `has to be ${nameOfType(expected)}, not ${typeOf(value)}`;
}

function sayWords(words: readonly string[], { value, concealed }: Said): string {
  const choice = words.length === 1 ? `has to be ${words[0]}` : `has to be one of ${words.join(", ")}`;
  if (concealed) return choice;
  if (typeof value === "number" && words.some((word) => Number.isFinite(Number(word))))
    return `${choice}, not ${value}`;
  if (typeof value !== "string") return `${choice}, not ${typeOf(value)}`;
  const meant = words.length === 1 ? undefined : nearestWord(value, words);
  return `${choice}, not ${quote(value)}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

function sayTooSmall(issue: z.core.$ZodIssueTooSmall): string {
  if (!isCounted(issue)) return `has to be ${issue.minimum} or more`;
  return Number(issue.minimum) === 1 ? "is empty" : `has fewer than ${issue.minimum} ${nameOfCounted(issue)}`;
}

/** Whether it is not the value that is too small or too large, but the number of its parts. */
function isCounted({ origin }: { readonly origin: string }): boolean {
  return origin === "array" || origin === "string";
}

function nameOfCounted({ origin }: { readonly origin: string }): string {
  return origin === "array" ? "items" : "characters";
}

function sayUnion(issue: z.core.$ZodIssueInvalidUnion, said: Said): string {
  if ("options" in issue && Array.isArray(issue.options)) return sayWords(issue.options.map(String), said);
  const options = issue.errors.flatMap((issues) => issues.filter(({ path }) => path.length === 0).map(nameOfOption));
  return `has to be ${options.join(" or ")}`;
}

/** What the option of a union wants, by how it refused a value of another type. */
function nameOfOption(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return nameOfType(issue.expected);
  if (issue.code === "invalid_value") return issue.values.map(String).join(", ");
  return issue.message;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function nameOfType(type: string): string {
  return typeNames[type] ?? type;
}

function typeOf(value: unknown): string {
  return nameOfType(Array.isArray(value) ? "array" : typeof value);
}
