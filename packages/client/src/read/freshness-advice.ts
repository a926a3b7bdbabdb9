import type { FreshnessAdvice } from "@cloudlink/core";
import { amount, anyText, FormError, listOf, object, type Reader, text } from "./form.ts";

const needed = { maxAgeMs: amount };
const possible = { staleWhileRevalidateMs: amount, staleIfErrorMs: amount };

/** A rule without a word would be for nothing. */
const words: Reader<readonly string[]> = (form) => {
  const read = listOf(anyText)(form);
  if (read.length === 0) throw new FormError("a list of one word or more");
  return read;
};

/** What kinds and providers advise for callers who do not say how old an answer may be. */
export const readAdvice: Reader<FreshnessAdvice> = object(needed, {
  ...possible,
  rules: listOf(object({ ...needed, path: text, words }, possible)),
  listMaxAgeMs: amount,
});
