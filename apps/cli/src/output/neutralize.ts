/**
 * What a terminal might act on, and what hides or reorders text: control characters of both sets (U+009B begins an escape sequence
 * by itself in 8-bit mode), format characters such as the bidirectional controls ("Trojan Source", Unicode UAX #9), zero-width ones
 * and tags, line and paragraph separators, and surrogates without their half. The joiners that Persian and emoji are written with stay.
 */
const hazardous = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Whether a terminal could take any of `text` for more than text. */
export function isHazardous(text: string): boolean {
  hazardous.lastIndex = 0;
  return hazardous.test(text);
}

/**
 * `text` in a form that a terminal only shows: hazardous characters become visible escapes such as `\x1b`. Tags, names and messages come
 * from vendors and whoever may write there; none of it may move the cursor, recolour, retitle or answer for the user.
 */
export function neutralize(text: string): string {
  return isHazardous(text) ? text.replace(hazardous, visibleEscape) : text;
}

/**
 * JSON text, or YAML in double quotes, with hazardous characters as `\uXXXX`: the same value to every parser, and safe to show.
 * Line feeds stand between tokens there, never inside a string, and stay.
 */
export function escapeInQuotes(text: string): string {
  return isHazardous(text)
    ? text.replace(hazardous, (found) => (found === "\n" ? found : unicodeEscapes(found)))
    : text;
}

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function visibleEscape(found: string): string {
  const short = shortEscapes[found];
  if (short !== undefined) return short;
  const code = found.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : unicodeEscapes(found);
}

function unicodeEscapes(found: string): string {
  let escapes = "";
  for (let index = 0; index < found.length; index++) {
    escapes += `\\u${found.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escapes;
}
