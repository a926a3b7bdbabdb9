import {
  type Alias,
  Composer,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type YAMLError,
} from "yaml";
import { printable } from "./printable.ts";
import type { Problem } from "./problem.ts";
import { checkYaml, offsetOf } from "./yaml-check.ts";
import { readTokens } from "./yaml-tokens.ts";

/** A YAML text that holds one document of plain data. */
export interface YamlDocument {
  /** A tree of JSON values. Where the text has aliases, parts of it are the same object. */
  readonly value: unknown;
  /** Where the value at `path` begins, or the innermost value on the way there that exists. */
  offsetOfValue(path: readonly PropertyKey[]): number;
  /** Where the key `key` of the mapping at `path` begins. */
  offsetOfKey(path: readonly PropertyKey[], key: string): number;
}

/** What {@link readDocument} gives: a document, or what is wrong with the text. */
export type YamlResult = {
  readonly lineCounter: LineCounter;
} & ({ readonly document: YamlDocument } | { readonly problems: readonly Problem[] });

/**
 * Reads YAML 1.2 with its core schema: text, numbers, booleans, null, lists and mappings. Nothing else comes out of it, whatever
 * tags and directives the text has. Where it is `confidential`, messages quote keys of it alone. It never throws, and its time is linear in a text that is not larger than the caller's bound.
 */
export function readDocument(text: string, confidential: boolean): YamlResult {
  const lineCounter = new LineCounter();
  const tokens = readTokens(text, lineCounter);
  if (!Array.isArray(tokens)) return { lineCounter, problems: [tokens] };
  // Repeated keys are found by our own check: the composer compares each with each. The schema is named, or a %YAML 1.1
  // directive would choose one with dates, binaries and merge keys.
  const settings = {
    schema: "core",
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
  } as const;
  const documents = [...new Composer(settings).compose(tokens, true, text.length)];
  const [document, second] = documents;
  if (document === undefined || (document.contents === null && document.errors.length === 0)) {
    return { lineCounter, problems: [{ offset: 0, message: "the file is empty" }] };
  }
  if (second !== undefined) {
    const offset = second.range?.[0] ?? 0;
    return { lineCounter, problems: [{ offset, message: "a second document begins here; the file holds one" }] };
  }
  // A tag that is not resolved is a warning to the composer; here it would be data that is not what it says.
  const refused = [...document.errors, ...document.warnings];
  if (refused.length > 0) {
    return { lineCounter, problems: refused.map((error) => problemOf(error, confidential)) };
  }
  const { problems, targets } = checkYaml(document, { lineCounter, confidential });
  if (problems.length > 0) return { lineCounter, problems };
  return { lineCounter, document: new PlainDocument(document, targets) };
}

function problemOf({ code, pos, message }: YAMLError, confidential: boolean): Problem {
  let said = code === "NON_STRING_KEY" ? "a key has to be text" : printable(message);
  if (confidential) said = withoutQuotation[code] ?? said.replace(/: .*$/, "");
  return { offset: pos[0], message: said };
}

/** Errors of the library that quote the text otherwise than at their end, after a colon. */
const withoutQuotation: Partial<Record<ErrorCode, string>> = {
  BAD_COLLECTION_TYPE: "this tag cannot be here",
  BAD_DIRECTIVE: "this directive cannot be here",
  BAD_DQ_ESCAPE: "this escape sequence is not one of YAML's; write \\\\ for a backslash",
  NON_STRING_KEY: "a key has to be text",
  TAG_RESOLVE_FAILED: "this tag cannot be here; put text that begins with ! in quotes",
};

class PlainDocument implements YamlDocument {
  readonly value: unknown;
  readonly #contents: unknown;
  readonly #targets: ReadonlyMap<Alias, Node>;

  constructor(document: Document, targets: ReadonlyMap<Alias, Node>) {
    this.value = plainValue(document.contents, { targets, made: new Map() });
    this.#contents = document.contents;
    this.#targets = targets;
  }

  offsetOfValue(path: readonly PropertyKey[]): number {
    return offsetOf(this.#walk(path).last);
  }

  offsetOfKey(path: readonly PropertyKey[], key: string): number {
    const { found, last } = this.#walk(path);
    const pair = isMap(found) ? found.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    return offsetOf(pair?.key ?? last);
  }

  /** `found` is the node at the path, `last` what stands in the text for it, or for the innermost one on the way. */
  #walk(path: readonly PropertyKey[]): { readonly found: unknown; readonly last: unknown } {
    let last = this.#contents;
    let found = this.#follow(last);
    for (const step of path) {
      let next: unknown;
      if (isMap(found)) next = found.get(step, true);
      else if (isSeq(found)) next = found.get(step, true);
      if (next === undefined || next === null) return { found: undefined, last };
      last = next;
      found = this.#follow(last);
    }
    return { found, last };
  }

  #follow(node: unknown): unknown {
    return isAlias(node) ? this.#targets.get(node) : node;
  }
}

/**
 * The value of a node that {@link checkYaml} found nothing wrong with. The library's own `toJS` looks for the target of every
 * alias among all nodes, and bounds the number of aliases without a word of where they are; both are done by then.
 */
function plainValue(
  node: unknown,
  known: { readonly targets: ReadonlyMap<Alias, Node>; readonly made: Map<Node, unknown> },
): unknown {
  if (isAlias(node)) return known.made.get(known.targets.get(node) as Node);
  let value: unknown = null;
  if (isScalar(node)) value = node.value;
  else if (isSeq(node)) value = node.items.map((item) => plainValue(item, known));
  else if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => [String(plainValue(key, known)), plainValue(value, known)]);
    value = Object.fromEntries(entries);
  }
  if (isNode(node)) known.made.set(node, value);
  return value;
}
