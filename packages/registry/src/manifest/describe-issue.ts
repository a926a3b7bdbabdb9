import { quote } from "@cloudlink/core";
import type { z } from "zod";
import { nearestWord } from "../nearest-word.ts";
import { knownKeysAt } from "./manifest.schema.ts";
import type { Problem } from "./problem.ts";
import type { YamlDocument } from "./yaml-document.ts";

/** How many unknown keys of one mapping are told. */
const MOST_KEYS = 10;

/** What an issue of the schema means, where it stands in the text. */
export function describeIssue(issue: z.core.$ZodIssue, document: YamlDocument): readonly Problem[] {
  if (issue.code === "unrecognized_keys") return describeKeys(issue.path, issue.keys, document);
  const value = valueAt(document.value, issue.path);
  return [{ offset: document.offsetOfValue(issue.path), message: `${nameOf(issue.path)} ${say(issue, value)}` }];
}

function describeKeys(
  path: readonly PropertyKey[],
  keys: readonly string[],
  document: YamlDocument,
): readonly Problem[] {
  const known = knownKeysAt(path, valueAt(document.value, [...path, "type"])) ?? [];
  return keys.slice(0, MOST_KEYS).map((key) => {
    const meant = nearestWord(key, known);
    const advice = meant === undefined ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
    return { offset: document.offsetOfKey(path, key), message: `unknown key ${quote(key)}; ${advice}` };
  });
}

function say(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "has no value";
  switch (issue.code) {
    case "invalid_type":
      return sayType(issue.expected, value);
    case "invalid_value":
      return sayWords(issue.values.map(String), value);
    case "invalid_union":
      return sayWords("options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [], value);
    case "too_small":
      return issue.origin === "array" || issue.origin === "string" ? "is empty" : `has to be ${issue.minimum} or more`;
    case "too_big":
      return `has to be ${issue.maximum} or less`;
    default:
      return issue.message;
  }
}

function sayType(expected: string, value: unknown): string {
  if (typeof value === "number") {
    if (expected === "string") return "has to be text, and YAML reads a number here; put it in quotes";
    if (expected === "int") return "has to be a whole number";
  }
  return `has to be ${nameOfType(expected)}, not ${typeOf(value)}`;
}

function sayWords(words: readonly string[], value: unknown): string {
  const choice = words.length === 1 ? `has to be ${words[0]}` : `has to be one of ${words.join(", ")}`;
  if (typeof value !== "string") return `${choice}, not ${typeOf(value)}`;
  const meant = words.length === 1 ? undefined : nearestWord(value, words);
  return `${choice}, not ${quote(value)}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

/** `kinds[0].capabilities[1]`, in quotes; the whole file by its kind. */
function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "a plugin.yaml";
  const text = path.map((step, index) =>
    typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`,
  );
  return quote(text.join(""));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return found;
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
