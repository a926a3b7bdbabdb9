import { MalformedAnswer } from "./malformed-answer.ts";
import { StringPool } from "./string-pool.ts";

/** What a scanner reports. `wantsText` spares it the decoding of text nobody reads. */
export interface XmlEvents {
  readonly wantsText: boolean;
  open(tag: string): void;
  text(text: string): void;
  close(): void;
}

/** Bounds on a document: what lies beyond them is refused. */
export interface XmlLimits {
  /** Elements inside one another. */
  readonly maxDepth: number;
  /** UTF-16 units of one tag, comment or declaration, attributes included. */
  readonly maxMarkup: number;
  /** UTF-16 units of one element's text. */
  readonly maxText: number;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);
const TAG = /^[A-Za-z_][\w.-]*$/;
const ATTRIBUTES = /^(?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*$/;

const BLANK = /^[ \t\r\n]*$/;
/** Text that reads the same as bytes and as characters. */
const PLAIN = /^[\t\n\r\x20-\x25\x27-\x7e]*$/;
const GREATER = 0x3e;
const SLASH = 0x2f;

/**
 * A strict, incremental scanner for the XML that EC2 answers in: elements, attributes (checked, not reported), text, comments and CDATA.
 *
 * It reads bytes as Latin-1, which is exact for markup because UTF-8 writes nothing but ASCII in bytes below 0x80, and
 * decodes as UTF-8 only the text somebody wants. That halves the cost (V8 keeps one byte a character), and a character
 * cut by a chunk's end needs no care, since an element's text is decoded once, whole.
 *
 * Refused: tags that do not match, a document cut short, a second root, document types and so every entity but XML's own
 * five, and whatever lies beyond the limits. Time is linear in the document: what a chunk leaves over is at most one tag.
 */
export class XmlScanner {
  readonly #events: XmlEvents;
  readonly #limits: XmlLimits;
  readonly #open: string[] = [];
  readonly #pool = new StringPool();
  #rest = "";
  #text = "";
  #textLength = 0;
  #rootSeen = false;

  constructor(events: XmlEvents, limits: XmlLimits) {
    this.#events = events;
    this.#limits = limits;
  }

  /** Reads the next bytes of the document. Throws at the first thing that is not as it should be. */
  write(chunk: Buffer): void {
    const input = this.#rest + chunk.toString("latin1");
    let at = 0;
    for (;;) {
      const less = input.indexOf("<", at);
      if (less !== at) this.#readText(input, at, less === -1 ? input.length : less);
      at = less === -1 ? input.length : less;
      const end = less === -1 ? -1 : this.#readMarkup(input, less);
      if (end === -1) break;
      at = end;
    }
    this.#rest = input.slice(at);
    if (this.#rest.length > this.#limits.maxMarkup) throw new MalformedAnswer("a tag is too long");
  }

  /** Says that no more bytes come. Throws when the document is not complete. */
  end(): void {
    if (this.#rest !== "" || this.#open.length > 0 || !this.#rootSeen)
      throw new MalformedAnswer("the document ends early");
  }

  #readText(input: string, from: number, to: number): void {
    this.#textLength += to - from;
    if (this.#textLength > this.#limits.maxText) throw new MalformedAnswer("a text is too long");
    if (this.#open.length === 0) {
      if (!BLANK.test(input.slice(from, to))) throw new MalformedAnswer("text outside the root element");
    } else if (this.#events.wantsText) {
      this.#text += input.slice(from, to);
    }
  }

  /** Reads the markup that begins at `less`. Returns the index behind it, or -1 when the chunk ends before it does. */
  #readMarkup(input: string, less: number): number {
    const next = input.charCodeAt(less + 1);
    if (next === SLASH) return this.#readCloseTag(input, less);
    if (next === 0x21) return this.#readDeclaration(input, less);
    if (next === 0x3f) return behind(input, "?>", less + 2);
    const greater = input.indexOf(">", less + 1);
    if (greater === -1) return -1;
    const empty = input.charCodeAt(greater - 1) === SLASH;
    this.#openTag(input.slice(less + 1, empty ? greater - 1 : greater), empty);
    return greater + 1;
  }

  #openTag(inside: string, empty: boolean): void {
    const tag = TAG.test(inside) ? inside : this.#tagOf(inside);
    if (this.#open.length === 0 && this.#rootSeen) throw new MalformedAnswer("a second root element");
    if (this.#open.length >= this.#limits.maxDepth) throw new MalformedAnswer("elements are nested too deep");
    this.#rootSeen = true;
    this.#flush();
    this.#events.open(tag);
    if (empty) this.#events.close();
    else this.#open.push(tag);
  }

  #tagOf(inside: string): string {
    const space = inside.search(/\s/);
    const tag = inside.slice(0, space);
    if (
      space === -1 ||
      inside.length > this.#limits.maxMarkup ||
      !TAG.test(tag) ||
      !ATTRIBUTES.test(inside.slice(space))
    ) {
      throw new MalformedAnswer("a malformed tag");
    }
    return tag;
  }

  #readCloseTag(input: string, less: number): number {
    const tag = this.#open.at(-1) ?? "";
    const end = less + 2 + tag.length;
    const greater = input.charCodeAt(end) === GREATER ? end : input.indexOf(">", less + 2);
    if (greater === -1) return -1;
    if (
      tag === "" ||
      !input.startsWith(tag, less + 2) ||
      (greater !== end && input.slice(end, greater).trim() !== "")
    ) {
      throw new MalformedAnswer("a closing tag does not match");
    }
    this.#open.pop();
    this.#flush();
    this.#events.close();
    return greater + 1;
  }

  #readDeclaration(input: string, less: number): number {
    if (input.startsWith("<!--", less)) return behind(input, "-->", less + 4);
    if (input.startsWith("<![CDATA[", less)) {
      const end = behind(input, "]]>", less + 9);
      if (end !== -1) this.#readCharacterData(input.slice(less + 9, end - 3));
      return end;
    }
    const head = input.slice(less, less + 9);
    if ("<!--".startsWith(head) || "<![CDATA[".startsWith(head)) return -1;
    throw new MalformedAnswer("document types are refused");
  }

  #readCharacterData(data: string): void {
    if (this.#open.length === 0) throw new MalformedAnswer("text outside the root element");
    const text = data.replaceAll("&", "&amp;");
    this.#readText(text, 0, text.length);
  }

  #flush(): void {
    this.#textLength = 0;
    if (this.#text === "") return;
    // Only plain ASCII is ever a slice of the chunk: what is decoded is a string of its own.
    const bytes = this.#text;
    this.#text = "";
    this.#events.text(PLAIN.test(bytes) ? this.#pool.intern(bytes) : decodeText(bytes));
  }
}

/** The index behind the next `mark`, or -1. */
function behind(input: string, mark: string, from: number): number {
  const at = input.indexOf(mark, from);
  return at === -1 ? -1 : at + mark.length;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeText(bytes: string): string {
  const text = decodeUtf8(bytes);
  return text.includes("&") ? text.replace(/&([^;&]{0,10});?/g, decodeEntity) : text;
}

function decodeUtf8(bytes: string): string {
  try {
    return UTF8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    throw new MalformedAnswer("a text is not UTF-8");
  }
}

function decodeEntity(match: string, name: string): string {
  const known = ENTITIES.get(name);
  if (known !== undefined && match.endsWith(";")) return known;
  const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  const point =
    number === null || !match.endsWith(";")
      ? Number.NaN
      : Number.parseInt(number[1] ?? number[2] ?? "", number[1] === undefined ? 10 : 16);
  if (Number.isNaN(point) || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
    throw new MalformedAnswer("an unknown entity");
  return String.fromCodePoint(point);
}
