/**
 * Lower case for ids that a vendor compares without case: letter by letter, and only where the two letters are each other's only
 * counterpart. So it never changes a text's length, and never makes one id of two: `String.toLowerCase` alone turns `İ` into two characters, and
 * the Kelvin sign into a `k`, which a vendor that compares ordinally keeps apart.
 */
export function foldCase(text: string): string {
  if (/^\p{ASCII}*$/u.test(text)) return text.toLowerCase();
  return Array.from(text, (letter) => {
    const lower = letter.toLowerCase();
    return lower.length === letter.length && lower.toUpperCase() === letter ? lower : letter;
  }).join("");
}
