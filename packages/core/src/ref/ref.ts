import { invalid } from "../error/invalid.ts";

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

/** Longer texts are refused before they are looked at. ARM ids, the longest known, stay under 1,100 characters. */
const LONGEST_REF = 2048;

/** What stands in a ref for a region or partition that the vendor does not have. */
export const NONE = "-";

const partNames = ["provider", "partition", "account", "region", "kind", "id"] as const;
const providerForm = /^[a-z][a-z0-9-]{0,62}$/;
const placeForm = /^(-|[a-z0-9][a-z0-9-]{0,62})$/;
const kindForm = /^[a-z][a-z0-9]{0,30}(\.[A-Z][A-Za-z0-9]{0,62})$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is there to find
const controlCharacter = /[\u0000-\u001f\u007f]/;

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
    this.key = partNames.map((name) => encodeURIComponent(parts[name])).join("/");
    Object.freeze(this);
  }

  toString(): string {
    return this.key;
  }

  toJSON(): string {
    return this.key;
  }
}

/** @throws `invalid_argument` (`ErrInvalidRef`) that names the part which is wrong. */
export function createRef(parts: RefParts): Ref {
  check(
    providerForm.test(parts.provider),
    "provider",
    "starts with a letter and has lower-case letters, digits and hyphens",
  );
  check(placeForm.test(parts.partition), "partition", "has lower-case letters, digits and hyphens, or is -");
  check(isText(parts.account, 256), "account", "is 1 to 256 characters without control characters");
  check(placeForm.test(parts.region), "region", "has lower-case letters, digits and hyphens, or is -");
  check(kindForm.test(parts.kind), "kind", "is a group and a name, such as compute.VirtualMachine");
  check(isText(parts.id, 1024), "id", "is 1 to 1,024 characters without control characters");
  return new CanonicalRef(parts) as unknown as Ref;
}

/**
 * Reads the canonical text of a ref; other percent-encodings of the same parts are taken too.
 *
 * @throws `invalid_argument` (`ErrInvalidRef`).
 */
export function parseRef(text: string): Ref {
  if (text.length > LONGEST_REF)
    throw invalid("ErrInvalidRef", `A ref has at most ${LONGEST_REF} characters; this one has ${text.length}.`);
  const encoded = text.split("/");
  if (encoded.length !== partNames.length) {
    throw invalid(
      "ErrInvalidRef",
      `"${shown(text)}" is not a ref. Write provider/partition/account/region/kind/id, each part percent-encoded, or an id of the vendor's own such as an ARN.`,
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

/** Whether `value` is a ref made by {@link createRef} or {@link parseRef}. */
export function isRef(value: unknown): value is Ref {
  return value instanceof CanonicalRef;
}

function decodePart(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid("ErrInvalidRef", `"${shown(encoded)}" is not valid percent-encoding. Encode % as %25.`);
  }
}

function check(holds: boolean, part: string, rule: string): void {
  if (!holds) throw invalid("ErrInvalidRef", `The ${part} of a ref ${rule}.`);
}

function isText(text: string, longest: number): boolean {
  return text.length > 0 && text.length <= longest && text.isWellFormed() && !controlCharacter.test(text);
}

/** As much of a caller's text as an error message shows. */
function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
