import { z } from "zod";

/** Parts of query strings, which arrive as text: `preprocess` turns the text into the type that JSON Schema and OpenAPI then show. */

/** A whole number of at least `least`, as decimal digits. */
export function wholeNumberText(least: number) {
  // More than 16 digits are no exact number, and of those with 16 some are not, which z.int refuses.
  return z.preprocess(
    (text) => (typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : text),
    z.int().min(least),
  );
}

/** `true` or `false`. */
export const booleanText = z.preprocess(
  (text) => (text === "true" ? true : text === "false" ? false : text),
  z.boolean(),
);

/** The most times that one parameter may be repeated. */
const MOST_REPEATED = 1_000;

/** A parameter that may be repeated: one text, or several. A single empty one is none: of these, a selection of nothing. */
export function repeatedText<Schema extends z.ZodType<string>>(each: Schema) {
  return z.preprocess(
    (given) => (given === "" ? [] : typeof given === "string" ? [given] : given),
    z.array(each).max(MOST_REPEATED),
  );
}

// What these may be is for the kernel to say, whose errors list what there is: heads and bodies of requests have bounds of their own.

/** A ref or an id of a vendor's, in a request. */
export const refText = z.string().meta({
  id: "RefLike",
  description:
    "A ref, provider/partition/account/region/kind/id with each part percent-encoded, or the vendor's own full id, such as an ARN.",
  examples: ["aws/aws/111111111111/eu-west-1/compute.VirtualMachine/i-0abc"],
});

/** Name of a kind. */
export const kindName = z
  .string()
  .meta({ id: "KindName", description: "Group and name of a kind.", examples: ["compute.VirtualMachine"] });

/** Name of a view. */
export const viewName = z
  .string()
  .meta({ id: "ViewName", description: "One of the kind's views; its default view if left out." });

/** Name of an action. */
export const actionName = z
  .string()
  .meta({ id: "ActionName", description: "Name of one of the kind's actions.", examples: ["stop"] });
