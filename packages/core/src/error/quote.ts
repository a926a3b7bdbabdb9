/** How much of a caller's text an error message shows. */
const LONGEST_SHOWN = 120;

/**
 * A caller's text as an error message shows it: in quotes, cut short, on one line and well-formed, whatever is in it.
 * Messages go to terminals, logs and protobuf, which control characters or half a surrogate pair would break.
 */
export function quote(text: unknown): string {
  if (typeof text !== "string") return `(${text === null ? "null" : typeof text})`;
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return `"${shown.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd")}"`;
}
