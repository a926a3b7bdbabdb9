type Node = Record<string, unknown>;

/** More than this it does not expand: enough to be slow, and the machine lives. */
const MOST_TEXT = 3_000_000;

/**
 * The control: an XML parser as they are written in an afternoon. It expands entities, makes objects of whatever names the document has,
 * and trusts that tags match.
 */
export function parseNaively(document: string): Node {
  const entities = new Map<string, string>();
  for (const [, name = "", value = ""] of document.matchAll(/<!ENTITY (\w+) "([^"]*)">/g)) entities.set(name, value);
  let text = document.replace(/<!DOCTYPE[^[]*\[.*\]>/s, "");
  for (let round = 0; entities.size > 0 && round < 32 && text.length < MOST_TEXT; round += 1) {
    text = text.replace(/&(\w+);/g, (reference, name: string) => entities.get(name) ?? reference);
  }
  const root: Node = {};
  const open: Node[] = [root];
  for (const [, slash, name = "", empty, content = ""] of text.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>([^<]*)/g)) {
    if (slash === "/") {
      open.pop();
      continue;
    }
    const parent = open.at(-1) as Node;
    const child = (parent[name] ?? {}) as Node;
    parent[name] = content.trim() === "" ? child : content;
    if (empty === "") open.push(child);
  }
  // Somebody looks at it later, when nobody is there to catch what it finds.
  setImmediate(() => {
    if (open.length !== 1) throw new TypeError(`${open.length - 1} elements were left open`);
  });
  return root;
}
