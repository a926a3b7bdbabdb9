import { invalid } from "../error/invalid.ts";
import { createRef, type Ref, type RefParts } from "./ref.ts";

/**
 * How a vendor writes the id of one kind of resource, as data: `arn:{partition}:ec2:{region}:{account}:instance/{id}`.
 * A capture in braces takes one or more characters up to the literal that follows it, and never a `/`.
 */
export interface RefTemplate {
  readonly template: string;
  /** The parts of the ref that the template does not capture, and `id` where several captures make it: `{group}/{name}`. */
  readonly parts?: Partial<Record<"partition" | "account" | "region" | "id", string>>;
  /** For ids that the vendor compares without case: captures are lower-cased, so that one resource has one ref. */
  readonly ignoreCase?: boolean;
}

/** A compiled {@link RefTemplate}. Both ways take time linear in the text. */
export interface RefMatcher {
  /** The ref that `text` stands for, or `undefined` if it is not of this template's form. @throws `invalid_argument` if it is, with impossible parts. */
  match(text: string): Ref | undefined;
  /** The vendor's own id of `ref`, or `undefined` if the ref is not of the template's provider, kind and fixed parts. */
  format(ref: Ref): string | undefined;
}

type Piece = { readonly literal: string } | { readonly capture: string };

/** @throws `invalid_argument` (`ErrInvalidSettings`) for a template with two captures side by side, an unclosed brace, or a part that nothing gives. */
export function compileRefTemplate(
  settings: RefTemplate & { readonly provider: string; readonly kind: string },
): RefMatcher {
  const { provider, kind, ignoreCase = false } = settings;
  const pieces = parsePieces(settings.template);
  const captures = new Set(pieces.flatMap((piece) => ("capture" in piece ? [piece.capture] : [])));
  const given = settings.parts ?? {};
  const part = (name: "partition" | "account" | "region" | "id"): readonly Piece[] => {
    const source = given[name] ?? (captures.has(name) ? `{${name}}` : undefined);
    if (source === undefined)
      throw invalid("ErrInvalidSettings", `Nothing in the template "${settings.template}" gives the ${name} of a ref.`);
    const made = parsePieces(source);
    for (const piece of made) {
      if ("capture" in piece && !captures.has(piece.capture)) {
        throw invalid(
          "ErrInvalidSettings",
          `The ${name} "${source}" uses {${piece.capture}}, which "${settings.template}" does not capture.`,
        );
      }
    }
    return made;
  };
  const parts = { partition: part("partition"), account: part("account"), region: part("region"), id: part("id") };

  return {
    match(text) {
      const found = take(pieces, text, ignoreCase);
      if (found === undefined) return undefined;
      return createRef({
        provider,
        partition: fill(parts.partition, found),
        account: fill(parts.account, found),
        region: fill(parts.region, found),
        kind,
        id: fill(parts.id, found),
      });
    },
    format(ref) {
      if (ref.provider !== provider || ref.kind !== kind) return undefined;
      const found = new Map<string, string>();
      for (const name of ["partition", "account", "region", "id"] as const satisfies readonly (keyof RefParts)[]) {
        const taken = take(parts[name], ref[name], ignoreCase);
        if (taken === undefined) return undefined;
        for (const [capture, value] of taken) found.set(capture, value);
      }
      return fill(pieces, found);
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
      throw invalid("ErrInvalidSettings", `The template "${template}" has a brace that names no capture.`);
    const last = pieces.at(-1);
    if (last !== undefined && "capture" in last)
      throw invalid("ErrInvalidSettings", `The template "${template}" has two captures with nothing between them.`);
    pieces.push({ capture });
    position = close + 1;
  }
  return pieces;
}

/** One pass over `text`: each capture ends at the first character of the literal after it, so nothing is ever tried twice. */
function take(pieces: readonly Piece[], text: string, ignoreCase: boolean): Map<string, string> | undefined {
  const found = new Map<string, string>();
  const searched = ignoreCase ? text.toLowerCase() : text;
  let position = 0;
  for (const [index, piece] of pieces.entries()) {
    if ("literal" in piece) {
      if (!searched.startsWith(ignoreCase ? piece.literal.toLowerCase() : piece.literal, position)) return undefined;
      position += piece.literal.length;
      continue;
    }
    const next = pieces[index + 1];
    const stop = next !== undefined && "literal" in next ? (next.literal[0] ?? "") : undefined;
    const at =
      stop === undefined ? searched.length : searched.indexOf(ignoreCase ? stop.toLowerCase() : stop, position);
    const end = at === -1 ? searched.length : at;
    const value = searched.slice(position, end);
    if (value === "" || value.includes("/") || (found.get(piece.capture) ?? value) !== value) return undefined;
    found.set(piece.capture, value);
    position = end;
  }
  return position === searched.length ? found : undefined;
}

function fill(pieces: readonly Piece[], found: ReadonlyMap<string, string>): string {
  return pieces.map((piece) => ("literal" in piece ? piece.literal : (found.get(piece.capture) ?? ""))).join("");
}
