import { inspect } from "node:util";

/** Shorter texts are found by chance. */
const SHORTEST_SECRET = 8;

/** Everything that an error shows: its wire form, message, stack, and all that is reachable from it, its causes among that. */
export function textsOfError(error: Error): readonly string[] {
  return [
    JSON.stringify(error),
    error.message,
    error.stack ?? "",
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    ...(error.cause === undefined ? [] : [String(error.cause)]),
  ];
}

/**
 * In which forms the secret is in one of the texts: as it is, or as base64, hexadecimal or percent-encoding hide it from a plain search.
 * It is looked for within longer base64 too, where its place among the bytes around it changes how it is written.
 */
export function leaksOf(secret: string, texts: readonly string[]): readonly string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const bytes = Buffer.from(secret);
  const forms: readonly (readonly [string, string])[] = [
    ["plain", secret],
    ["hexadecimal", bytes.toString("hex")],
    ["percent-encoded", encodeURIComponent(secret)],
    ["escaped", JSON.stringify(secret).slice(1, -1)],
    ...base64Forms(bytes).map((form) => ["base64", form] as const),
  ];
  return [...new Set(forms.filter(([, form]) => texts.some((text) => isIn(text, form))).map(([name]) => name))];
}

function isIn(text: string, form: string): boolean {
  return text.includes(form) || text.toLowerCase().includes(form.toLowerCase());
}

/** The characters that stand for these bytes alone, whatever comes before and after them, in both alphabets. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor((shifted.length * 8) / 6);
    return (["base64", "base64url"] as const).map((alphabet) => shifted.toString(alphabet).slice(first, last));
  });
}
