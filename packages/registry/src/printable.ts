/** Control and format characters, line ends and lone surrogates: in a terminal they can hide or fake what is written. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** How much of a foreign word a message shows, in UTF-16 code units, where nothing else is said. */
const LONGEST_WORD = 120;

/** How much a message shows of a path, or of what another library says. */
export const LONGEST_PASSAGE = 1_000;

/** A foreign text as a message may show it: one line, nothing that a terminal would obey, and not all of a long one. */
export function printable(text: string, longest: number = LONGEST_WORD): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return shown.replace(unprintable, spellOut);
}

function spellOut(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
