import { invalid } from "../error/invalid.ts";
import { quote } from "../error/quote.ts";
import { foldCase } from "./fold-case.ts";
import { createRef, LONGEST_REF, type Ref, type RefParts } from "./ref.ts";

/**
 * How a vendor writes the id of one kind of resource, as data: `arn:{partition}:ec2:{region}:{account}:instance/{id}`.
 *
 * A capture in braces takes one or more characters, up to the first place where the literal after it stands, or to the end; it never
 * takes a `/`. A name that is captured twice has to have one value. There are no alternatives and no going back, so that every
 * language reads a template the same way, in one pass.
 */
export interface RefTemplate {
  readonly template: string;
  /**
   * The parts of the ref that the template does not capture, and `id` where several captures make it: `{group}/{name}`.
   * They are templates themselves, filled with what was captured.
   */
  readonly parts?: Partial<Record<"partition" | "account" | "region" | "id", string>>;
  /**
   * For ids that the vendor compares without case: literals match in any case and captures are lower-cased, so that one resource
   * has one ref. Letters without a lower-case counterpart of their own, such as `İ`, stay as they are.
   */
  readonly ignoreCase?: boolean;
}

/** A compiled {@link RefTemplate}. Both ways take time linear in the text. */
export interface RefMatcher {
  /**
   * The ref that `text` stands for, or `undefined` if it is not of this template's form.
   *
   * @throws `invalid_argument` (`ErrInvalidRef`) if it is of the form, but a part is not what a ref can have.
   */
  match(text: string): Ref | undefined;
  /**
   * The vendor's own id of `ref`, or `undefined` if the template cannot write it: the ref is of another provider or kind, has other
   * fixed parts, or the text would be read back as another resource's.
   *
   * Invariant: `match(format(ref))` is `ref` again, lower-cased where the template ignores case.
   */
  format(ref: Ref): string | undefined;
}

type Piece = { readonly literal: string } | { readonly capture: string };

/** The parts of a ref that a template gives. Provider and kind it is compiled with. */
const partNames = ["partition", "account", "region", "id"] as const satisfies readonly (keyof RefParts)[];
type PartName = (typeof partNames)[number];

/**
 * Compiles a template for one kind of a provider's.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a template with two captures side by side, an unclosed brace, or a part that nothing gives.
 */
export function compileRefTemplate(
  settings: RefTemplate & { readonly provider: string; readonly kind: string },
): RefMatcher {
  const { provider, kind, ignoreCase = false } = settings;
  const fold = ignoreCase ? foldCase : (text: string) => text;
  const written = parsePieces(settings.template);
  const searched = written.map((piece) => ("literal" in piece ? { literal: fold(piece.literal) } : piece));
  const captures = new Set(written.flatMap((piece) => ("capture" in piece ? [piece.capture] : [])));
  const given = settings.parts ?? {};
  const part = (name: PartName): readonly Piece[] => {
    const source = given[name] ?? (captures.has(name) ? `{${name}}` : undefined);
    if (source === undefined) {
      throw invalid(
        "ErrInvalidSettings",
        `Nothing in the template ${quote(settings.template)} gives the ${name} of a ref.`,
      );
    }
    const made = parsePieces(source);
    for (const piece of made) {
      if ("capture" in piece && !captures.has(piece.capture)) {
        throw invalid(
          "ErrInvalidSettings",
          `The ${name} ${quote(source)} uses {${piece.capture}}, which ${quote(settings.template)} does not capture.`,
        );
      }
    }
    return made;
  };
  const parts = { partition: part("partition"), account: part("account"), region: part("region"), id: part("id") };

  const read = (text: string): Record<PartName, string> | undefined => {
    if (text.length > LONGEST_REF) return undefined;
    const found = take(searched, fold(text));
    if (found === undefined) return undefined;
    return {
      partition: fill(parts.partition, found),
      account: fill(parts.account, found),
      region: fill(parts.region, found),
      id: fill(parts.id, found),
    };
  };

  return {
    match(text) {
      const made = read(text);
      return made === undefined ? undefined : createRef({ provider, kind, ...made });
    },
    format(ref) {
      if (ref.provider !== provider || ref.kind !== kind) return undefined;
      const found = new Map<string, string>();
      for (const name of partNames) {
        const pieces = parts[name].map((piece) => ("literal" in piece ? { literal: fold(piece.literal) } : piece));
        const taken = take(pieces, fold(ref[name]));
        if (taken === undefined) return undefined;
        for (const [capture, value] of taken) found.set(capture, value);
      }
      const text = fill(written, found);
      // A part that holds the template's own literals would be read back as other parts: another resource's id.
      const back = read(text);
      return back !== undefined && partNames.every((name) => fold(back[name]) === fold(ref[name])) ? text : undefined;
    },
  };
}

function parsePieces(template: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  while (position < template.length) {
    const open = template.indexOf("{", position);
    const literal = template.slice(position, open === -1 ? undefined : open);
    if (literal !== "") pieces.push({ literal });
    if (open === -1) break;
    const close = template.indexOf("}", open);
    const capture = template.slice(open + 1, close === -1 ? undefined : close);
    if (close === -1 || !/^[a-z][A-Za-z]*$/.test(capture))
      throw invalid("ErrInvalidSettings", `The template ${quote(template)} has a brace that names no capture.`);
    const last = pieces.at(-1);
    if (last !== undefined && "capture" in last)
      throw invalid(
        "ErrInvalidSettings",
        `The template ${quote(template)} has two captures with nothing between them.`,
      );
    pieces.push({ capture });
    position = close + 1;
  }
  return pieces;
}

/** One pass over `text`: each capture ends where the literal after it first stands, so nothing is ever tried twice. */
function take(pieces: readonly Piece[], text: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  let position = 0;
  for (const [index, piece] of pieces.entries()) {
    if ("literal" in piece) {
      if (!text.startsWith(piece.literal, position)) return undefined;
      position += piece.literal.length;
      continue;
    }
    const next = pieces[index + 1];
    const end = next !== undefined && "literal" in next ? text.indexOf(next.literal, position) : text.length;
    // An absent literal gives -1 and so an empty value.
    const value = text.slice(position, Math.max(position, end));
    if (value === "" || value.includes("/") || (found.get(piece.capture) ?? value) !== value) return undefined;
    found.set(piece.capture, value);
    position = end;
  }
  return position === text.length ? found : undefined;
}

function fill(pieces: readonly Piece[], found: ReadonlyMap<string, string>): string {
  return pieces.map((piece) => ("literal" in piece ? piece.literal : (found.get(piece.capture) ?? ""))).join("");
}
