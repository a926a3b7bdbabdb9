import type { CloudLinkError } from "../error/cloudlink-error.ts";
import { invalid } from "../error/invalid.ts";
import { quote } from "../error/quote.ts";

declare const refBrand: unique symbol;

/** The six parts of a {@link Ref}, in their order. */
export interface RefParts {
  /** Name of the provider, such as `aws`. */
  readonly provider: string;
  /** The vendor's partition or cloud (`aws`, `aws-cn`, `azure`), or `-` where the vendor has only one. */
  readonly partition: string;
  /** What the vendor bills: account, subscription, organisation. */
  readonly account: string;
  /** The region, or `-` for kinds that are not addressed by region. */
  readonly region: string;
  /** Name of the kind, such as `compute.VirtualMachine`. */
  readonly kind: string;
  /** The vendor's id within all that; it may have any characters, `/` among them. */
  readonly id: string;
}

/**
 * The name of one resource anywhere: `provider/partition/account/region/kind/id`, each part percent-encoded.
 *
 * Invariants: two refs name the same resource if and only if their `key`s are equal; `parseRef(ref.key)` gives the same ref back.
 * A ref prints and serialises as its key.
 */
export interface Ref extends RefParts {
  /** The canonical text. */
  readonly key: string;
  toString(): string;
  toJSON(): string;
  readonly [refBrand]: true;
}

/**
 * The most characters of a canonical ref; longer texts are refused before they are looked at. It has room for the longest id known,
 * an S3 key of 1,024 bytes, each percent-encoded. ARM ids stay under 1,100 characters.
 */
export const LONGEST_REF = 4096;

/** What stands in a ref for a region or partition that the vendor does not have. */
export const NONE = "-";

const partNames = ["provider", "partition", "account", "region", "kind", "id"] as const;
/** The form of a provider's name. */
const providerForm = /^[a-z][a-z0-9-]{0,62}$/;
const placeForm = /^(-|[a-z0-9][a-z0-9-]{0,62})$/;
/** The form of a kind's name: a group and a name. */
const kindForm = /^[a-z][a-z0-9]{0,30}\.[A-Z][A-Za-z0-9]{0,62}$/;
const controlCharacter = /\p{Cc}/u;

/** Whether `text` has the form of a provider's name. */
export function isProviderName(text: unknown): text is string {
  return hasForm(text, providerForm);
}

/** Whether `text` has the form of a kind's name: a group and a name, such as `compute.VirtualMachine`. */
export function isKindName(text: unknown): text is string {
  return hasForm(text, kindForm);
}

/**
 * A part as it stands in a canonical ref: every byte of its UTF-8 form percent-encoded, but for the unreserved characters of RFC 3986
 * (letters, digits, `-`, `.`, `_`, `~`). What encodeURIComponent leaves beyond those is encoded too, so that the standard
 * encoders of other languages give the same key. `docs/ref-vectors.json` has examples for authors in other languages.
 */
function encodePart(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Registered globally, so that a ref made by another installed copy of this package is one here too. */
const marker = Symbol.for("cloudlink.ref");

class CanonicalRef implements RefParts {
  readonly provider: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly kind: string;
  readonly id: string;
  readonly key: string;

  constructor(parts: RefParts) {
    this.provider = parts.provider;
    this.partition = parts.partition;
    this.account = parts.account;
    this.region = parts.region;
    this.kind = parts.kind;
    this.id = parts.id;
    this.key = partNames.map((name) => encodePart(parts[name])).join("/");
    Object.freeze(this);
  }

  get [marker](): true {
    return true;
  }

  toString(): string {
    return this.key;
  }

  toJSON(): string {
    return this.key;
  }

  /** What `util.inspect` and `console.log` show. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.key;
  }
}

/**
 * The ref of these parts.
 *
 * @throws `invalid_argument` (`ErrInvalidRef`) that names the part which is wrong: a provider, place or kind not of its form; an account
 *   of no or over 256 characters, an id of none or over 1,024; either with control characters, not well-formed Unicode, or `.` or `..`,
 *   which a URL loses even percent-encoded (WHATWG URL, dot segments); or all of it over 4,096 characters in canonical form.
 */
export function createRef(parts: RefParts): Ref {
  check(
    hasForm(parts.provider, providerForm),
    "provider",
    "starts with a letter and has lower-case letters, digits and hyphens",
  );
  check(hasForm(parts.partition, placeForm), "partition", "has lower-case letters, digits and hyphens, or is -");
  check(isText(parts.account, 256), "account", "is 1 to 256 characters without control characters, and not . or ..");
  check(hasForm(parts.region, placeForm), "region", "has lower-case letters, digits and hyphens, or is -");
  check(hasForm(parts.kind, kindForm), "kind", "is a group and a name, such as compute.VirtualMachine");
  check(isText(parts.id, 1024), "id", "is 1 to 1,024 characters without control characters, and not . or ..");
  const ref = new CanonicalRef(parts);
  if (ref.key.length > LONGEST_REF) throw tooLong(ref.key.length);
  return ref as unknown as Ref;
}

/**
 * Reads the canonical text of a ref; other percent-encodings of the same parts are taken too.
 *
 * @throws `invalid_argument` (`ErrInvalidRef`).
 */
export function parseRef(text: string): Ref {
  if (typeof text === "string" && text.length > LONGEST_REF) throw tooLong(text.length);
  const encoded = typeof text === "string" ? text.split("/") : [];
  if (encoded.length !== partNames.length) {
    throw invalid(
      "ErrInvalidRef",
      `${quote(text)} is not a ref. Write provider/partition/account/region/kind/id, each part percent-encoded, or the vendor's full id such as an ARN. An id alone does not say in which account and region.`,
    );
  }
  const [provider, partition, account, region, kind, id] = encoded.map(decodePart) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return createRef({ provider, partition, account, region, kind, id });
}

/** Whether `value` is a ref made by {@link createRef} or {@link parseRef}, of this or another installed copy of the package. */
export function isRef(value: unknown): value is Ref {
  return typeof value === "object" && value !== null && (value as { [marker]?: unknown })[marker] === true;
}

function decodePart(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid("ErrInvalidRef", `${quote(encoded)} is not valid percent-encoding. Encode % as %25.`);
  }
}

function check(holds: boolean, part: string, rule: string): void {
  if (!holds) throw invalid("ErrInvalidRef", `The ${part} of a ref ${rule}.`);
}

function tooLong(length: number): CloudLinkError {
  return invalid("ErrInvalidRef", `A ref has at most ${LONGEST_REF} characters; this one has ${length}.`);
}

function hasForm(text: unknown, form: RegExp): boolean {
  return typeof text === "string" && form.test(text);
}

function isText(text: unknown, longest: number): boolean {
  return (
    typeof text === "string" &&
    text.length > 0 &&
    text.length <= longest &&
    text !== "." &&
    text !== ".." &&
    text.isWellFormed() &&
    !controlCharacter.test(text)
  );
}
