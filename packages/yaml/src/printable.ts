/** Control and format characters, line ends and lone surrogates: in a terminal they can hide or fake what is written. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** How much a message shows of a path, or of what another library says, in UTF-16 code units. */
const LONGEST_PASSAGE = 1_000;

/**
 * A path, or another library's words, as a message may show them: one line, nothing that a terminal would obey, and not all of a long one.
 * Words of a caller's are quoted instead, by core's `quote`.
 */
export function printable(text: string): string {
  const shown = text.length > LONGEST_PASSAGE ? `${text.slice(0, LONGEST_PASSAGE)}…` : text;
  return shown.replace(unprintable, spellOut);
}

function spellOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
