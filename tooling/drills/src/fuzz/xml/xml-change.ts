import fc from "fast-check";
import { type ByteChange, byteChange, changeBytes, place } from "../mutation.ts";

/** A change of an XML document that makes it what no vendor sends: of its bytes, or of its structure. */
export type XmlChange =
  | ByteChange
  | { readonly change: "text"; readonly at: number; readonly text: string }
  | { readonly change: "rename"; readonly at: number; readonly name: string; readonly both: boolean }
  | { readonly change: "bomb"; readonly at: number; readonly levels: number; readonly width: number }
  | { readonly change: "external"; readonly at: number; readonly system: string }
  | { readonly change: "nest"; readonly at: number; readonly depth: number; readonly closed: boolean }
  | { readonly change: "attribute"; readonly at: number; readonly length: number; readonly count: number }
  | { readonly change: "items"; readonly at: number; readonly times: number }
  | { readonly change: "encoding"; readonly declared: string; readonly as: "utf8" | "utf16le" | "latin1" };

const PROTOTYPE_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "item",
] as const;

/** What pollutes a prototype where names of the document become names of properties. */
const POLLUTION = "<__proto__><polluted>yes</polluted></__proto__>";

const hostileText = fc.oneof(
  fc.constant(POLLUTION),
  fc.constantFrom(
    ...[
      "",
      " ",
      "\n",
      "-1",
      "-0",
      "NaN",
      "Infinity",
      "1e400",
      "0x10",
      "99999999999999999999",
      "true",
      "null",
      "undefined",
    ],
    ...["__proto__", "constructor", "i-", "i-0123456789abcdef0", "arn:aws:ec2:::", "0000-00-00T00:00:00Z"],
    ...["2026-02-30T25:61:61Z", "+275760-09-13T00:00:00Z", "<![CDATA[x]]>", "<!-- x -->", "<?php x ?>", "]]>"],
    ...["&#0;", "&#x110000;", "&#xD800;", "&#x;", "&#99999999999999999999;", "&nope;", "&amp;amp;", "&"],
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.integer({ min: 1, max: 150_000 }).map((length) => "A".repeat(length)),
);

/** What is inserted as bytes: pieces of markup, whole and broken. */
const fragment = fc.oneof(
  hostileText,
  fc.constantFrom("<", ">", "</", "/>", "<item>", "</item>", "<a b='", '<a b="<"', "<!--", "-->", "<![CDATA[", "]]>"),
  fc.constantFrom("<?xml version='1.0'?>", "<!DOCTYPE a>", "<a:b xmlns:a=''/>", "</__proto__>", "<__proto__/>"),
);

const xmlChange: fc.Arbitrary<XmlChange> = fc.oneof(
  { weight: 5, arbitrary: byteChange(fragment) },
  { weight: 3, arbitrary: fc.record({ change: fc.constant("text" as const), at: place, text: hostileText }) },
  {
    weight: 2,
    arbitrary: fc.record({
      change: fc.constant("rename" as const),
      at: place,
      name: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...PROTOTYPE_NAMES) },
        { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 8 }) },
      ),
      both: fc.boolean(),
    }),
  },
  fc.record({
    change: fc.constant("bomb" as const),
    at: place,
    levels: fc.integer({ min: 1, max: 30 }),
    width: fc.integer({ min: 2, max: 20 }),
  }),
  fc.record({
    change: fc.constant("external" as const),
    at: place,
    system: fc.constantFrom("file:///etc/passwd", "http://127.0.0.1:1/", "\\\\127.0.0.1\\x"),
  }),
  fc.record({
    change: fc.constant("nest" as const),
    at: place,
    depth: fc.integer({ min: 2, max: 30_000 }),
    closed: fc.boolean(),
  }),
  fc.record({
    change: fc.constant("attribute" as const),
    at: place,
    length: fc.integer({ min: 0, max: 150_000 }),
    count: fc.constantFrom(1, 1, 1, 100),
  }),
  fc.record({ change: fc.constant("items" as const), at: place, times: fc.integer({ min: 2, max: 40 }) }),
  fc.record({
    change: fc.constant("encoding" as const),
    declared: fc.constantFrom("UTF-8", "UTF-16", "ISO-8859-1", "EBCDIC-CP-US", "UTF-7", ""),
    as: fc.constantFrom("utf8" as const, "utf16le" as const, "latin1" as const),
  }),
);

/** One to three changes, one after the other. */
export const xmlChanges = fc.array(xmlChange, { minLength: 1, maxLength: 3 });

/** The largest document that is sent; what is larger is cut off, which is a change too. */
const LARGEST = 1_000_000;

export function changeXml(document: Buffer, changes: readonly XmlChange[]): Buffer {
  return changes.reduce((text, change) => changed(text, change).subarray(0, LARGEST), document);
}

function changed(document: Buffer, change: XmlChange): Buffer {
  switch (change.change) {
    case "text":
      return replaceOne(document, { at: change.at, what: />[^<]+</g, by: () => `>${change.text}<` });
    case "rename":
      return renamed(document, change);
    case "bomb":
      return withDocumentType(document, {
        at: change.at,
        declarations: bomb(change),
        reference: `&e${change.levels};`,
      });
    case "external":
      return withDocumentType(document, {
        at: change.at,
        declarations: `<!ENTITY x SYSTEM "${change.system}">`,
        reference: "&x;",
      });
    case "nest": {
      const inside = "<n>".repeat(change.depth) + (change.closed ? "</n>".repeat(change.depth) : "");
      return replaceOne(document, { at: change.at, what: /<\/?\w+>/g, by: (tag) => inside + tag });
    }
    case "attribute": {
      const { count, length } = change;
      const each = Array.from({ length: count }, (_, index) => ` a${index}="${"v".repeat(length / count)}"`).join("");
      return replaceOne(document, { at: change.at, what: /<\w+/g, by: (tag) => tag + each });
    }
    case "items":
      return replaceOne(document, {
        at: change.at,
        what: /<item>.*?<\/item>/gs,
        by: (item) => item.repeat(change.times),
      });
    case "encoding": {
      const text = document
        .toString()
        .replace(/^<\?xml[^>]*\?>/, `<?xml version="1.0" encoding="${change.declared}"?>`);
      return Buffer.from(text, change.as);
    }
    default:
      return changeBytes(document, change);
  }
}

function bomb({ levels, width }: { readonly levels: number; readonly width: number }): string {
  const declarations = ['<!ENTITY e0 "lol">'];
  for (let level = 1; level <= levels; level += 1) {
    declarations.push(`<!ENTITY e${level} "${`&e${level - 1};`.repeat(width)}">`);
  }
  return declarations.join("");
}

function withDocumentType(
  document: Buffer,
  by: { readonly at: number; readonly declarations: string; readonly reference: string },
): Buffer {
  const used = replaceOne(document, { at: by.at, what: />[^<]+</g, by: () => `>${by.reference}<` });
  const text = used.toString();
  const start = /^<\?xml[^>]*\?>\s*/.exec(text)?.[0] ?? "";
  return Buffer.from(`${start}<!DOCTYPE r [${by.declarations}]>${text.slice(start.length)}`);
}

function renamed(document: Buffer, change: Extract<XmlChange, { change: "rename" }>): Buffer {
  const text = document.toString();
  const tags = [...text.matchAll(/<(\w+)>/g)];
  const [tag, name = ""] = tags[Math.floor(change.at * tags.length)] ?? [];
  if (tag === undefined) return document;
  if (change.both)
    return Buffer.from(text.replaceAll(tag, `<${change.name}>`).replaceAll(`</${name}>`, `</${change.name}>`));
  return Buffer.from(text.replace(tag, () => `<${change.name}>`));
}

/** Replaces one of the places that match, the one that stands at a share of them. */
function replaceOne(
  document: Buffer,
  request: { readonly at: number; readonly what: RegExp; by(found: string): string },
): Buffer {
  const text = document.toString();
  const found = [...text.matchAll(request.what)];
  const match = found[Math.floor(request.at * found.length)];
  if (match === undefined) return document;
  const [whole] = match;
  return Buffer.from(text.slice(0, match.index) + request.by(whole) + text.slice(match.index + whole.length));
}
