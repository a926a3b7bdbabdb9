import { quote } from "@cloudlink/core";
import { type HttpRefusal, refused } from "./http-refusal.ts";

/**
 * A query that was read, or why it could not be: a router that reads it has nobody to catch what is thrown. `parameters` are by name: what was given
 * once as a text, what was given several times as a list.
 */
export type ParsedQuery =
  | { readonly parameters: Readonly<Record<string, string | readonly string[]>> }
  | { readonly refusal: HttpRefusal };

/** More pairs than a query within the bound on URLs has any use for. */
const MOST_PAIRS = 1_000;

/**
 * Reads a query, strictly: UTF-8 that is broken is refused, where the usual parsers put a replacement character in its place and would
 * look for something else than was meant.
 */
export function parseQuery(text: string): ParsedQuery {
  const values = new Map<string, string[]>();
  if (text !== "") {
    const pairs = text.split("&");
    if (pairs.length > MOST_PAIRS) return cannotRead(`The query has over ${MOST_PAIRS} parameters.`);
    for (const pair of pairs) {
      if (pair === "") continue;
      const end = pair.indexOf("=");
      const name = decode(end === -1 ? pair : pair.slice(0, end));
      const value = decode(end === -1 ? "" : pair.slice(end + 1));
      if (name === undefined || value === undefined) {
        return cannotRead(
          `The query has ${quote(pair)}, which is not percent-encoded UTF-8. Encode each name and value by encodeURIComponent or its like.`,
        );
      }
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  const entries = [...values].map(([name, given]) => [name, given.length === 1 ? (given[0] ?? "") : given] as const);
  // fromEntries defines own properties, "__proto__" too: it is an unknown parameter like any other.
  return { parameters: Object.fromEntries(entries) };
}

function cannotRead(message: string): ParsedQuery {
  return { refusal: refused(400, { message }) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
