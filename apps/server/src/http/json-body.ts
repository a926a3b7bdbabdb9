import { quote } from "@cloudlink/core";
import { refused } from "./http-refusal.ts";

/** How deep a body may be nested: no request has more than three levels. */
const DEEPEST = 32;

const tooDeep = Symbol("too deep");

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a body of JSON, strictly: what two readers could take in two ways is refused. Those are UTF-8 that is broken, a key that is there twice
 * (the last one wins here and the first elsewhere), and `__proto__`.
 *
 * @throws HttpRefusal, 400
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  let value: unknown;
  let faulty: string | typeof tooDeep | undefined;
  try {
    // First: to parse what is nested a million times takes a quarter of a second.
    faulty = faultyKey(text);
    if (faulty === undefined) value = JSON.parse(text);
  } catch {
    // The engine's own message repeats the body.
    throw refused(400, { message: "The body is not JSON." });
  }
  if (faulty === undefined) return value;
  if (faulty === tooDeep) throw refused(400, { message: "The body is nested deeper than anything that is read here." });
  const what = faulty === "__proto__" ? "which no object may have" : "twice in one object";
  throw refused(400, { message: `The body has the key ${quote(faulty)}, ${what}.` });
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refused(400, { message: "The body is not UTF-8." });
  }
}

/**
 * The first key that an object of the text has twice, or that is `__proto__`, however it is escaped. Between strings, only the brackets and
 * colons of JSON matter.
 *
 * @throws SyntaxError for some texts that are no JSON; of others it says whatever it says.
 */
function faultyKey(text: string): string | typeof tooDeep | undefined {
  const open: (Set<string> | undefined)[] = [];
  // A string that does not end is one to the end of the text: to try again from each quote in it would take the square of its length.
  const tokens = /"(?:[^"\\]|\\.|\\$)*(?:"|$)|[{}[\]]/gs;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const [token] = match;
    if (open.length > DEEPEST) return tooDeep;
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else {
      const keys = open.at(-1);
      if (keys === undefined || !isKey(text, tokens.lastIndex)) continue;
      const key = JSON.parse(token) as string;
      if (key === "__proto__" || keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

const blank = /[ \t\r\n]*/y;

/** In an object, the strings that a colon follows are its keys. */
function isKey(text: string, end: number): boolean {
  blank.lastIndex = end;
  blank.exec(text);
  return text[blank.lastIndex] === ":";
}
