import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { VirtualMachine } from "./compute/virtual-machine.ts";
import { createFilter, type FilterRequest, matchesFilter, valueAt } from "./filter.ts";

const machine = {
  id: "i-1",
  powerState: "running",
  size: { name: "m7g.large" },
  placement: { zone: "a" },
  tags: JSON.parse('{"env":"prod","__proto__":"own","constructor":"own"}'),
};

const refusal = expect.objectContaining({ code: "invalid_argument", reason: "ErrInvalidRequest" });

describe("createFilter", () => {
  it("brings one value and several into one form, and leaves out what is undefined", () => {
    const filter = createFilter(VirtualMachine, {
      where: { powerState: "running", "size.name": ["a", "b"], name: undefined },
      tags: { env: "prod", team: ["x", "y"], gone: undefined } as unknown as Record<string, string>,
    });
    expect(filter).toEqual({
      where: { powerState: ["running"], "size.name": ["a", "b"] },
      tags: { env: ["prod"], team: ["x", "y"] },
    });
    expect(createFilter(VirtualMachine, {})).toEqual({ where: {}, tags: {} });
  });

  it("keeps nothing of the caller's: its lists can change without the filter, which is frozen", () => {
    const states = ["running"];
    const filter = createFilter(VirtualMachine, { where: { powerState: states } });
    states.push("stopped");
    expect(filter.where.powerState).toEqual(["running"]);
    expect([filter, filter.where, filter.where.powerState, filter.tags].every(Object.isFrozen)).toBe(true);
  });

  it("refuses a word that a closed field is never, and lists those it may be: it would match nothing in silence", () => {
    for (const where of [{ powerState: "runing" }, { powerState: ["running", "Running"] }, { health: "constructor" }]) {
      expect(() => createFilter(VirtualMachine, { where })).toThrow(refusal);
    }
    expect(() => createFilter(VirtualMachine, { where: { billed: "maybe" } })).toThrow(
      'billed is never "maybe". It is one of: unknown, yes, no.',
    );
    expect(createFilter(VirtualMachine, { where: { rawState: "anything" } }).where).toEqual({ rawState: ["anything"] });
  });

  it("refuses a field that the kind cannot be filtered by, and lists those it can", () => {
    for (const path of ["powerstate", "id", "tags.env", "constructor", "toString", "size"]) {
      expect(() => createFilter(VirtualMachine, { where: { [path]: "x" } })).toThrow(refusal);
    }
    const where = JSON.parse('{"__proto__":"x"}');
    expect(() => createFilter(VirtualMachine, { where })).toThrow("powerState, rawState");
  });

  it.each<[string, unknown]>([
    ["an empty list", []],
    ["null", null],
    ["an object", { eq: "running" }],
    ["NaN", Number.NaN],
    ["a list with a hole", [undefined]],
    ["a list in a list", [["running"]]],
  ])("refuses %s as a value, for fields and for tags", (_case, wanted) => {
    expect(() => createFilter(VirtualMachine, { where: { powerState: wanted } })).toThrow(refusal);
    expect(() => createFilter(VirtualMachine, { tags: { env: wanted } } as FilterRequest)).toThrow(refusal);
  });

  it("travels: it is the same after JSON, tags called __proto__ and constructor among them", () => {
    const tags = JSON.parse('{"__proto__":"own","constructor":["own","b"]}');
    const filter = createFilter(VirtualMachine, { where: { billed: "yes" }, tags });
    const back = JSON.parse(JSON.stringify(filter));
    expect(Object.entries(back.tags)).toEqual([
      ["__proto__", ["own"]],
      ["constructor", ["own", "b"]],
    ]);
    expect(matchesFilter(filter, { ...machine, billed: "yes" })).toBe(true);
    expect(matchesFilter(back, { ...machine, billed: "yes" })).toBe(true);
    expect(({} as { own?: string }).own).toBeUndefined();
  });

  it("takes any JSON and throws nothing but a CloudLinkError", () => {
    const names = fc.constantFrom("powerState", "size.name", "__proto__", "constructor", "toString", "");
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), fc.dictionary(names, fc.jsonValue()), (where, tags) => {
        try {
          const filter = createFilter(VirtualMachine, { where, tags: tags as Record<string, string> });
          expect(typeof matchesFilter(filter, machine)).toBe("boolean");
        } catch (error) {
          if (!CloudLinkError.isInstance(error)) throw error;
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
    );
  });
});

describe("matchesFilter", () => {
  const matches = (request: FilterRequest, value: unknown = machine) =>
    matchesFilter(createFilter(VirtualMachine, request), value);

  it("wants every field and every tag to be one of its values", () => {
    expect(matches({})).toBe(true);
    expect(
      matches({ where: { powerState: ["stopped", "running"], "size.name": "m7g.large" }, tags: { env: "prod" } }),
    ).toBe(true);
    expect(matches({ where: { powerState: "stopped", "size.name": "m7g.large" } })).toBe(false);
    expect(matches({ where: { powerState: "running" }, tags: { env: "test" } })).toBe(false);
    expect(matches({ where: { "placement.network": "n" } })).toBe(false);
  });

  it("looks at own properties only, so that nothing inherited matches", () => {
    expect(matches({ tags: { toString: "x", env: "prod" } })).toBe(false);
    expect(matches({ tags: { env: "prod" } }, { ...machine, tags: undefined })).toBe(false);
    expect(matches({ tags: { env: "prod" } }, null)).toBe(false);
    expect(matches({ tags: { hasOwnProperty: "x" } }, { tags: Object.create({ hasOwnProperty: "x" }) })).toBe(false);
  });
});

describe("valueAt", () => {
  it("follows own properties and elements, and ends in undefined where the path does", () => {
    const value = { a: { b: [{ c: 1 }] }, n: null };
    expect(valueAt(value, "a.b.0.c")).toBe(1);
    for (const path of ["a.x.y", "n.x", "a.b.1.c", "__proto__", "a.constructor.name", "toString", ""]) {
      expect(valueAt(value, path), path).toBeUndefined();
    }
  });
});
