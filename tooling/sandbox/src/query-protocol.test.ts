import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeForm, indexesOf, listOf } from "./query-protocol.ts";

describe("the query protocol", () => {
  it("decodes every form as the platform's own decoder does", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" })),
        (form) => {
          expect(Object.fromEntries(decodeForm(new URLSearchParams(form).toString()))).toEqual({ ...form });
        },
      ),
    );
  });

  it("never throws, whatever bytes come", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (form) => decodeForm(form).size >= 0));
    expect(decodeForm("a=%E0%A4%A").get("a")).toBe("%E0%A4%A");
  });

  it("puts a list back in the order of its numbers", () => {
    const form = decodeForm("InstanceId.10=j&InstanceId.2=b&InstanceId.1=a&InstanceId.x=no&InstanceIdX.1=no");
    expect(listOf(form, "InstanceId")).toEqual(["a", "b", "j"]);
  });

  it("finds the numbers of a list of structures", () => {
    expect(indexesOf(decodeForm("Filter.2.Name=b&Filter.1.Name=a&Filter.2.Value.1=x&Filter.3=no"), "Filter")).toEqual([
      1, 2,
    ]);
  });
});
