import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { VirtualMachine } from "./compute/virtual-machine.ts";
import {
  defineKind,
  type Kind,
  type KindAction,
  type PathValue,
  type ValueOf,
  viewCovers,
  type Where,
} from "./kind.ts";

interface BucketStatus {
  readonly name: string;
  readonly versioned: boolean;
  readonly owner?: { readonly id: string };
}

const empty: KindAction = { name: "empty", description: "Deletes what is in it.", idempotent: true };

function define(
  change: Partial<Omit<Kind<BucketStatus>, "filters" | "actions">> & { actions?: Record<string, KindAction> },
) {
  return defineKind<BucketStatus>()({
    name: "storage.Bucket",
    major: 1,
    minor: 2,
    description: "A bucket.",
    views: ["state", "standard", "wide"],
    defaultView: "standard",
    filters: ["name", "versioned", "owner.id"],
    actions: { empty },
    columns: { table: [{ title: "NAME", path: "name" }], wide: [] },
    loadSchema: () => Promise.reject(new Error("none")),
    ...change,
  });
}

describe("defineKind", () => {
  it("Meaning 11: gives a kind that is data, frozen to the last column", () => {
    const kind = define({});
    const parts = [
      kind,
      kind.views,
      kind.filters,
      kind.actions,
      kind.actions.empty,
      kind.columns,
      kind.columns.table[0],
    ];
    expect(parts.every(Object.isFrozen)).toBe(true);
    expect(JSON.parse(JSON.stringify(kind))).toMatchObject({ name: "storage.Bucket", major: 1, filters: kind.filters });
  });

  it.each<[string, Parameters<typeof define>[0]]>([
    ["a name without a group", { name: "Bucket" }],
    ["a name with a slash", { name: "storage.Buc/ket" }],
    ["a default view that is none of its views", { defaultView: "narrow" }],
    ["a view that stands twice", { views: ["standard", "standard"] }],
    ["no view", { views: [] }],
    ["a major version of 0", { major: 0 }],
    ["a major version that is not whole", { major: 1.5 }],
    ["a negative minor version", { minor: -1 }],
    ["a rule for a field that is no filter", { filterRules: { "size.name": { words: [] } } }],
    ["a rule from a view that it does not have", { filterRules: { name: { fromView: "other" } } }],
    ["an action under another name", { actions: { drain: empty } }],
    ["an action that is called as a read is", { actions: { list: { ...empty, name: "list" } } }],
  ])("refuses %s, as ErrInvalidSettings", (_case, change) => {
    expect(() => define(change)).toThrow(
      expect.objectContaining({ code: "invalid_argument", reason: "ErrInvalidSettings" }),
    );
  });

  it("infers the value, the filters and the actions", () => {
    const kind = define({});
    expectTypeOf<ValueOf<typeof kind>>().toEqualTypeOf<BucketStatus>();
    expectTypeOf(kind.filters).toEqualTypeOf<readonly ("name" | "versioned" | "owner.id")[]>();
    expectTypeOf<Where<typeof kind>>().toEqualTypeOf<{
      readonly name?: string | readonly string[];
      readonly versioned?: boolean | readonly boolean[];
      readonly "owner.id"?: string | readonly string[];
    }>();
    expectTypeOf(kind).toExtend<Kind>();
    expectTypeOf(kind).toExtend<Kind<BucketStatus>>();
    expectTypeOf(VirtualMachine).not.toExtend<Kind<BucketStatus>>();
  });
});

describe("PathValue", () => {
  it("is the type at a path of names, without undefined, and unknown where there is nothing", () => {
    expectTypeOf<PathValue<BucketStatus, "owner.id">>().toEqualTypeOf<string>();
    expectTypeOf<PathValue<BucketStatus, "owner">>().toEqualTypeOf<{ readonly id: string }>();
    expectTypeOf<PathValue<BucketStatus, "owner.x">>().toBeUnknown();
    expectTypeOf<PathValue<BucketStatus, "nothing.at.all">>().toBeUnknown();
  });
});

describe("viewCovers", () => {
  it("Meaning 4: an entry answers a read of an equal or narrower view, and never of a wider one", () => {
    const kind = define({});
    const view = fc.integer({ min: 0, max: kind.views.length - 1 });
    fc.assert(
      fc.property(view, view, (held, wanted) => {
        const views = { held: kind.views[held] as string, wanted: kind.views[wanted] as string };
        expect(viewCovers(kind, views)).toBe(held >= wanted);
      }),
    );
  });

  it("Meaning 4: a view that the kind does not have answers nothing and is answered by nothing", () => {
    for (const other of ["", "STANDARD", "constructor", "native"]) {
      expect(viewCovers(VirtualMachine, { held: other, wanted: "standard" })).toBe(false);
      expect(viewCovers(VirtualMachine, { held: "health", wanted: other })).toBe(false);
      expect(viewCovers(VirtualMachine, { held: other, wanted: other })).toBe(false);
    }
  });
});
