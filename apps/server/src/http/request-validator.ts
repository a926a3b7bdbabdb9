import { quote } from "@cloudlink/core";
import type { z } from "zod";
import { refused } from "./http-refusal.ts";
import type { ParsedQuery } from "./query-string.ts";

/** Which part of a request is looked at, in words. */
const places: Readonly<Record<string, string>> = { querystring: "The query", body: "The body", params: "The path" };

/** What a part of a request has: Fastify's `validatorCompiler` for zod. Its errors say what is wrong and show nothing of what was given but names. */
export function validatorOf({ schema, httpPart = "" }: { readonly schema: z.ZodType; readonly httpPart?: string }) {
  const place = places[httpPart] ?? "The request";
  return (given: unknown): { readonly value: unknown } | { readonly error: Error } => {
    const part = httpPart === "querystring" ? (given as ParsedQuery) : { parameters: given ?? undefined };
    if ("refusal" in part) return { error: part.refusal };
    const { success, data, error } = schema.safeParse(part.parameters, { reportInput: false });
    if (success) return { value: data };
    if (given === null)
      return { error: refused(400, { message: `${place} is null, and not of the form that is wanted here.` }) };
    return { error: refused(400, { message: say(place, error.issues[0]) }) };
  };
}

function say(place: string, issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return `${place} is not of the form that is wanted here.`;
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const where = path === "" ? place : `${place}'s ${quote(path)}`;
    return `${where} has ${issue.keys.slice(0, 5).map(quote).join(", ")}, which is not known here. See /docs for what there is.`;
  }
  if (path === "") return `${place} is missing, or not of the form that is wanted here: ${issue.message}.`;
  return `${place}'s ${quote(path)} is missing, there twice, or not of its form: ${issue.message}.`;
}
