import { parse } from "node:querystring";
import { createFilter, defineKind, type KindSchema, VirtualMachine } from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listQueryForm } from "./list.schema.ts";
import { listParams, readListQuery } from "./list-query.ts";

interface Disk {
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly label: string;
  readonly mixed: string | number;
  readonly level?: 1 | 2 | null;
  readonly parts: readonly { readonly sizeGiB: number }[];
}

const jsonSchema = {
  type: "object",
  properties: {
    sizeGiB: { type: "integer" },
    encrypted: { type: "boolean" },
    label: { type: "string" },
    mixed: { anyOf: [{ type: "string" }, { type: "number" }] },
    level: { anyOf: [{ enum: [1, 2] }, { type: "null" }] },
    parts: { type: "array", items: { type: "object", properties: { sizeGiB: { type: "number" } } } },
  },
};

const Disk = defineKind<Disk>()({
  name: "storage.Disk",
  major: 1,
  minor: 0,
  description: "A disk.",
  views: ["standard"],
  defaultView: "standard",
  filters: ["sizeGiB", "encrypted", "label", "mixed", "level", "parts.0.sizeGiB"],
  actions: {},
  columns: { table: [], wide: [] },
  loadSchema: async () => ({ toJsonSchema: () => jsonSchema }) as unknown as KindSchema<Disk>,
});

/** As a server gets it: the text is parsed by other code, and the schema makes the query of it. */
function arrived(params: URLSearchParams) {
  return listQueryForm.parse(parse(params.toString(), "&", "=", { maxKeys: 0 }));
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }).filter((each) => each.isWellFormed()),
  fc.constantFrom("a=b", "%3D", "100%", "%253D", "a&b", "x,y", " ", "+", "", "=", "__proto__"),
);
const texts = fc.array(text, { minLength: 1, maxLength: 4 });
const places = fc.array(
  text.filter((each) => each !== ""),
  { maxLength: 4 },
);

const request: fc.Arbitrary<ListRequest<typeof Disk>> = fc.record(
  {
    kind: fc.constant(Disk),
    accounts: fc.oneof(fc.constant("*" as const), places),
    regions: fc.oneof(fc.constant("*" as const), places),
    providers: places,
    where: fc.record(
      {
        sizeGiB: fc.array(
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each || 0),
          { minLength: 1 },
        ),
        encrypted: fc.boolean(),
        label: texts,
      },
      { requiredKeys: [] },
    ),
    tags: fc.array(fc.tuple(text, fc.oneof(text, texts)), { maxLength: 4 }).map((tags) => Object.fromEntries(tags)),
    view: text,
    pageSize: fc.integer({ min: 1 }),
    pageToken: fc.string({ minLength: 1 }).filter((each) => each.isWellFormed()),
    maxAgeMs: fc.nat(),
  },
  { requiredKeys: ["kind"] },
);

describe("the query of a list", () => {
  it("arrives as the request that it was, with numbers and booleans where the kind has them", async () => {
    await fc.assert(
      fc.asyncProperty(request, async (request) => {
        const back = await readListQuery(Disk, arrived(listParams(request)));
        const { accounts, regions, where, tags, ...rest } = request;
        const {
          accounts: theirAccounts,
          regions: theirRegions,
          where: theirWhere,
          tags: theirTags,
          ...theirRest
        } = back;
        expect(createFilter(Disk, { where: theirWhere, tags: theirTags })).toEqual(createFilter(Disk, { where, tags }));
        expect([theirAccounts ?? "*", theirRegions ?? "*"]).toEqual([accounts ?? "*", regions ?? "*"]);
        expect(theirRest).toEqual(rest);
      }),
    );
  });

  it.each([
    [0, "0"],
    [1.9, "1"],
    [Number.POSITIVE_INFINITY, String(Number.MAX_SAFE_INTEGER)],
  ])("has the age %o as %s: whole, and never older than asked for", (maxAgeMs, text) => {
    expect(listParams({ kind: Disk, maxAgeMs }).get("maxAgeMs")).toBe(text);
  });

  it("takes a selection of nothing for one, and not for everything", async () => {
    const params = listParams({ kind: Disk, accounts: [], regions: [], providers: [] });
    expect(params.toString()).toBe("kind=storage.Disk&account=&region=&provider=");
    expect(await readListQuery(Disk, arrived(params))).toEqual({
      kind: Disk,
      accounts: [],
      regions: [],
      providers: [],
    });
  });

  it.each([
    ["sizeGiB=5", 5],
    ["sizeGiB=05.5e1", 55],
    ["encrypted=true", true],
    ["label=5", "5"],
    ["mixed=5", "5"],
    ["level=2", 2],
    ["parts.0.sizeGiB=7", 7],
  ])("reads %s as %o", async (where, value) => {
    const back = await readListQuery(Disk, listQueryForm.parse({ kind: "storage.Disk", where }));
    expect(Object.values(back.where ?? {})).toEqual([[value]]);
  });

  it.each([
    "sizeGiB=five",
    "sizeGiB=",
    "sizeGiB= ",
    "sizeGiB=Infinity",
    "sizeGiB=NaN",
    "encrypted=yes",
    "encrypted=",
    "colour=red",
  ])("refuses %s", async (where) => {
    const query = listQueryForm.parse({ kind: "storage.Disk", where });
    await expect(readListQuery(Disk, query)).rejects.toMatchObject({ reason: "ErrInvalidRequest" });
  });

  it("refuses a word that a field of the kind never is", async () => {
    const query = listQueryForm.parse({ kind: VirtualMachine.name, where: ["powerState=runing"] });
    await expect(readListQuery(VirtualMachine, query)).rejects.toThrow("It is one of: ");
  });

  it("takes a tag name that was written by hand, with a percent sign in it", async () => {
    const query = listQueryForm.parse({ kind: "storage.Disk", tag: ["100%=a", "a%3db=c=d", "%41=e"] });
    expect((await readListQuery(Disk, query)).tags).toEqual({ "100%": ["a"], "a=b": ["c=d"], "%41": ["e"] });
  });

  it("does not load the kind's schema where nothing needs it", async () => {
    const loadSchema = () => Promise.reject(new Error("it was loaded"));
    const lazy = { ...Disk, loadSchema } as unknown as typeof Disk;
    expect(await readListQuery(lazy, { kind: Disk.name, tag: ["a=b"] })).toMatchObject({ tags: { a: ["b"] } });
  });
});
