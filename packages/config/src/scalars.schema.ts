import { Secret } from "@cloudlink/core";
import { z } from "zod";

// What a field of one value may be, wherever it stands.

const oneLine = /^\P{Cc}+$/u;

/** The same for editors, which read JSON Schema and may leave out the flag that \P{Cc} needs. A test holds the two together. */
const oneLinePattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$";

/** The same, and no space at either end. */
const namePattern =
  "^[^\\s\\u0000-\\u001f\\u007f-\\u009f](?:[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f])?$";

/** As in refs: `createRef` of core, for the partition and the region. */
const placeForm = /^(?:-|[a-z0-9][a-z0-9-]{0,62})$/;

/** The longest timer that Node can set, 2^31 - 1 ms: a longer one would end at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;

export const text = z
  .string()
  .refine((value) => oneLine.test(value) && value.isWellFormed(), "is empty, or not one line of text")
  .meta({ pattern: oneLinePattern });
/** Spaces at the ends of a name are not seen, and make another of it. */
export const name = text
  .refine((value) => value === value.trim(), "begins or ends with a space")
  .meta({ pattern: namePattern });
export const place = z
  .string()
  .regex(placeForm, "has lower-case letters, digits and hyphens, or is - where there is none");
export const timeMs = z.int().min(1).max(LONGEST_TIMER_MS);

/** A value that stands in the file as a reference only. Before the schema sees it, it is in a Secret. */
export const secretText = z.custom<Secret>((value) => value instanceof Secret);
