import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeForm } from "../query-protocol.ts";
import { canonicalFilters, compileFilters, type Filter, readFilters } from "./filters.ts";

interface Subject {
  readonly tags: Readonly<Record<string, string>>;
}

const source = (name: string) =>
  name.startsWith("tag:") ? ({ tags }: Subject) => [tags[name.slice(4)] ?? ""] : undefined;

const word = fc.constantFrom("red", "green", "blue", "");
const subjects = fc.record({ tags: fc.record({ a: word, b: word }) });
const filters: fc.Arbitrary<Filter[]> = fc.array(
  fc.record({ name: fc.constantFrom("tag:a", "tag:b"), values: fc.array(word, { minLength: 1, maxLength: 3 }) }),
  { maxLength: 3 },
);

function toForm(list: readonly Filter[]): string {
  const form = new URLSearchParams();
  for (const [n, { name, values }] of list.entries()) {
    form.set(`Filter.${n + 1}.Name`, name);
    for (const [m, value] of values.entries()) form.set(`Filter.${n + 1}.Value.${m + 1}`, value);
  }
  return form.toString();
}

describe("filters", () => {
  it("joins the filters with and, and the values of one with or", () => {
    fc.assert(
      fc.property(filters, subjects, (list, subject) => {
        const expected = list.every(({ name, values }) => values.includes(source(name)?.(subject)[0] ?? "-"));
        expect(compileFilters(list, source)(subject)).toBe(expected);
      }),
    );
  });

  it("reads back from the wire whatever filters were sent", () => {
    const anyFilters = fc.array(
      fc.record({
        name: fc.string({ unit: "grapheme", minLength: 1 }),
        values: fc.array(fc.string({ unit: "grapheme", maxLength: 60 }), { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(anyFilters, (list) => {
        expect(readFilters(decodeForm(toForm(list)))).toEqual(list);
      }),
    );
  });

  it("gives one form to equal questions and another to others", () => {
    const a = { name: "tag:a", values: ["1", "2"] };
    const b = { name: "tag:b", values: ["3"] };
    expect(canonicalFilters([a, b])).toBe(canonicalFilters([b, { name: "tag:a", values: ["2", "1"] }]));
    expect(canonicalFilters([a])).not.toBe(canonicalFilters([{ name: "tag:a", values: ["1,2"] }]));
  });

  it("refuses an unknown filter, 201 values, 51 filters and a value of 256 characters with EC2's codes", () => {
    const many = (count: number, values: string[]) => Array.from({ length: count }, () => ({ name: "tag:a", values }));
    expect(() => compileFilters([{ name: "colour", values: ["x"] }], source)).toThrow("The filter 'colour' is invalid");
    const codeOf = (list: readonly Filter[]) => expect(() => readFilters(decodeForm(toForm(list))));
    codeOf(many(1, Array(201).fill("x"))).toThrow(
      "The maximum number of filter values specified on a single call is 200",
    );
    codeOf(many(51, ["x"])).toThrow("The maximum number of filters");
    codeOf(many(1, ["x".repeat(256)])).toThrow("The maximum length for a filter value is 255 characters");
    expect(readFilters(decodeForm(toForm(many(1, Array(200).fill("x")))))).toHaveLength(1);
  });
});
