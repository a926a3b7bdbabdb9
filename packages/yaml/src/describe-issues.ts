import { quote, type SchemaIssue, type StandardSchema } from "@cloudlink/core";
import type { z } from "zod";
import { hideValues } from "./hide-values.ts";
import { knownKeysAt } from "./known-keys.ts";
import { nameOfPath } from "./name-of-path.ts";
import { nearestWord } from "./nearest-word.ts";
import { printable } from "./printable.ts";
import type { Problem } from "./problem.ts";
import { sayIssue } from "./say-issue.ts";
import { valueAt } from "./value-at.ts";
import { type WantedType, wantedType } from "./wanted-type.ts";
import type { YamlDocument } from "./yaml-document.ts";
import type { YamlPath } from "./yaml-file.ts";

/** How many unknown keys of one mapping are told. */
const MOST_KEYS = 10;

/** A problem, and where in the file's data it is. */
export interface Described extends Problem {
  readonly path: YamlPath;
  /** The type that the schema wanted in place of another. */
  readonly wanted?: WantedType;
}

/** What issues are issues of; see {@link HoldYamlRequest}. */
export interface IssueSubject {
  readonly document: YamlDocument;
  readonly schema: StandardSchema;
  readonly title: string;
  readonly at: YamlPath;
  readonly value: unknown;
  readonly concealed: (path: YamlPath) => boolean;
}

/** What the issues of a schema mean, where they stand in the text. */
export function describeIssues(issues: readonly SchemaIssue[], subject: IssueSubject): readonly Described[] {
  if (!isZod(subject.schema)) return issues.flatMap((issue) => describeForeign(issue, subject));
  return (issues as readonly z.core.$ZodIssue[]).flatMap((issue) => describeZod(issue, subject));
}

function isZod(schema: unknown): schema is z.core.$ZodType {
  const { vendor } = (schema as StandardSchema)["~standard"];
  return vendor === "zod" && "_zod" in (schema as object);
}

function describeZod(issue: z.core.$ZodIssue, subject: IssueSubject): readonly Described[] {
  if (issue.code === "unrecognized_keys") return describeKeys(issue, subject);
  if (issue.code === "invalid_key") return describeKey(issue, subject);
  if (issue.code === "invalid_union") {
    const meant = branchMeant(issue);
    if (meant !== undefined) {
      return meant.flatMap((inner) => describeZod({ ...inner, path: [...issue.path, ...inner.path] }, subject));
    }
  }
  const path = [...subject.at, ...issue.path];
  const value = valueAt(subject.value, issue.path);
  const said = sayIssue(issue, { value, concealed: subject.concealed(path) });
  return [problemAt(issue, { path, message: `${nameOf(path, subject)} ${said}` }, subject)];
}

/** The issues of the one option of a union that a value of this type can be meant for; `undefined` where that is none or several. */
function branchMeant(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const ofType = issue.errors.filter(
    (issues) => !issues.some(({ code, path }) => path.length === 0 && /^invalid_(type|value|union)$/.test(code)),
  );
  return ofType.length === 1 ? ofType[0] : undefined;
}

function describeKeys(
  issue: { readonly path: YamlPath; readonly keys: readonly string[] },
  subject: IssueSubject,
): readonly Described[] {
  const { schema, value } = subject;
  const known = isZod(schema) ? knownKeysAt(schema, { path: issue.path, value }) : [];
  const path = [...subject.at, ...issue.path];
  return issue.keys.slice(0, MOST_KEYS).map((key) => {
    const meant = nearestWord(key, known);
    let advice = meant === undefined ? `; known are ${known.join(", ")}` : `; did you mean "${meant}"?`;
    if (known.length === 0) advice = "";
    return keyProblem({ path, key, message: `unknown key ${quote(key)}${advice}` }, subject);
  });
}

function describeKey(issue: z.core.$ZodIssueInvalidKey, subject: IssueSubject): readonly Described[] {
  const path = [...subject.at, ...issue.path.slice(0, -1)];
  const key = String(issue.path.at(-1));
  return issue.issues.map((inner) => {
    const said = sayIssue(inner, { value: key, concealed: false });
    return keyProblem({ path, key, message: `the key ${quote(key)} ${said}` }, subject);
  });
}

/** An issue of a schema that only implements Standard Schema. What it says may repeat what it refuses. */
function describeForeign(issue: SchemaIssue, subject: IssueSubject): readonly Described[] {
  const steps = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  const keys = unknownKeys(issue);
  if (keys !== undefined) return describeKeys({ path: steps, keys }, subject);
  const path = [...subject.at, ...steps];
  const message = printable(hideValues({ message: String(issue.message), value: valueAt(subject.value, steps) }));
  return [problemAt(issue, { path, message: `${nameOf(path, subject)}: ${message}` }, subject)];
}

/** The keys that zod's schema did not know, of a schema that passes on what zod says. */
function unknownKeys(issue: SchemaIssue): readonly string[] | undefined {
  const { code, keys } = issue as SchemaIssue & { readonly code?: unknown; readonly keys?: unknown };
  if (code !== "unrecognized_keys" || !Array.isArray(keys)) return undefined;
  return keys.every((key) => typeof key === "string") ? keys : undefined;
}

function problemAt(
  issue: SchemaIssue,
  { path, message }: Pick<Described, "path" | "message">,
  { document }: IssueSubject,
): Described {
  const wanted = wantedType(issue);
  return { path, offset: document.offsetOfValue(path), message, ...(wanted !== undefined && { wanted }) };
}

function keyProblem(
  { path, key, message }: { readonly path: YamlPath; readonly key: string; readonly message: string },
  { document }: IssueSubject,
): Described {
  return { path: [...path, key], offset: document.offsetOfKey(path, key), message };
}

function nameOf(path: YamlPath, { title }: IssueSubject): string {
  return path.length === 0 ? title : nameOfPath(path);
}
