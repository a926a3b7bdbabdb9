import { CloudLinkError } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readYaml } from "./read-yaml.ts";

const square = z.strictObject({ shape: z.literal("square"), side: z.number() });
const circle = z.strictObject({ shape: z.literal("circle"), radius: z.number() });
const schema = z.strictObject({
  name: z.string(),
  size: z.int().min(1).max(9).optional(),
  on: z.boolean().default(true),
  form: z.discriminatedUnion("shape", [square, circle]).optional(),
  regions: z.union([z.literal("*"), z.array(z.string()).min(1)]).optional(),
  places: z
    .record(z.string().regex(/^[a-z]+$/, "is not in small letters"), z.strictObject({ street: z.string() }))
    .optional(),
  nested: z
    .lazy(() => z.strictObject({ inner: z.array(z.strictObject({ colour: z.string() })).readonly() }))
    .optional(),
  pair: z.tuple([z.strictObject({ left: z.string() }), z.strictObject({ right: z.string() })]).optional(),
  piped: z
    .strictObject({ length: z.number() })
    .transform(({ length }) => length)
    .prefault({ length: 1 }),
  both: z.intersection(z.strictObject({ one: z.string() }), z.strictObject({ two: z.string() })).optional(),
});

async function read(source: string | Uint8Array): Promise<z.infer<typeof schema>> {
  return await readYaml({ source, file: "house.yaml", maxBytes: 64 * 1024, schema, title: "a house.yaml" });
}

async function messageOf(source: string): Promise<string> {
  const error = await read(source).catch((thrown: unknown) => thrown);
  if (CloudLinkError.isInstance(error)) return error.rawMessage;
  throw error;
}

describe("a file that is of the form", () => {
  it("gives what the schema makes of it, frozen", async () => {
    const value = await read("name: x\nplaces: {north: {street: a}}\npair: [{left: a}, {right: b}]");
    expect(value).toEqual({
      name: "x",
      on: true,
      piped: 1,
      places: { north: { street: "a" } },
      pair: [{ left: "a" }, { right: "b" }],
    });
    expect(Object.isFrozen(value.places?.north)).toBe(true);
  });
});

describe("a file that is not", () => {
  it.each([
    ["an unknown key", "name: x\nsiez: 1", '2:1: unknown key "siez"; did you mean "size"?'],
    [
      "a key far from any",
      "name: x\n? zzzzzz\n",
      '2:3: unknown key "zzzzzz"; known are name, size, on, form, regions, places',
    ],
    [
      "a key of an option of a union",
      "name: x\nform: {shape: circle, radios: 1}",
      '2:23: unknown key "radios"; did you mean "radius"?',
    ],
    [
      "a key of another option",
      "name: x\nform: {shape: circle, radius: 1, side: 1}",
      '2:34: unknown key "side"; known are shape, radius',
    ],
    [
      "an option that is none",
      "name: x\nform: {shape: circel}",
      '2:15: "form.shape" has to be one of square, circle, not "circel"; did you mean "circle"?',
    ],
    [
      "a key within a record",
      "name: x\nplaces: {north: {stret: a}}",
      '2:18: unknown key "stret"; did you mean "street"?',
    ],
    ["a key of a record", "name: x\nplaces: {North: {street: a}}", '2:10: the key "North" is not in small letters'],
    [
      "a key behind lazy and readonly",
      "name: x\nnested: {inner: [{color: a}]}",
      '2:19: unknown key "color"; did you mean "colour"?',
    ],
    ["a key in a tuple", "name: x\npair: [{left: a}, {rigth: b}]", '2:20: unknown key "rigth"; did you mean "right"?'],
    [
      "a key before a transformation",
      "name: x\npiped: {lenght: 1}",
      '2:9: unknown key "lenght"; did you mean "length"?',
    ],
    ["a key of an intersection", "name: x\nboth: {one: a, tow: b}", 'unknown key "tow"; did you mean "two"?'],
    ["a value for which a union has no option", "name: x\nregions: 1", '2:10: "regions" has to be * or a list'],
    [
      "a value within the option of a union that is meant",
      "name: x\nregions: [a, 1]",
      '2:14: "regions[1]" has to be text, and YAML reads a number here; put it in quotes',
    ],
    ["an empty list within a union", "name: x\nregions: []", '2:10: "regions" is empty'],
    ["a number that is too large", "name: x\nsize: 10", '2:7: "size" has to be 9 or less'],
    ["a boolean that is text", "name: x\non: yes", '2:5: "on" has to be true or false, not text'],
    ["a list in place of the whole", "- 1", "1:1: a house.yaml has to be a mapping, not a list"],
  ])("tells place and remedy: %s", async (_, source, message) => {
    expect(await messageOf(source)).toContain(message);
  });

  it("is told of by one error, all problems by place, of which ten are in its message", async () => {
    const error = await read("on: x\nsize: 0").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "invalid_argument",
      reason: "ErrInvalidSettings",
      origin: "caller",
      rawMessage:
        'house.yaml:1:1: "name" is missing\nhouse.yaml:1:5: "on" has to be true or false, not text\nhouse.yaml:2:7: "size" has to be 1 or more',
      details: { file: "house.yaml", line: "1", column: "1" },
    });
    const regions = Array.from({ length: 14 }, (_, index) => index).join(", ");
    expect((await messageOf(`name: x\nregions: [${regions}]`)).split("\n").slice(10)).toEqual(["… and 4 more."]);
  });

  it("says which number has to stand there", async () => {
    const request = { file: "f", maxBytes: 100, title: "f", schema: z.object({ version: z.literal(1) }) };
    await expect(readYaml({ ...request, source: "version: 2" })).rejects.toThrow('"version" has to be 1, not 2');
    await expect(readYaml({ ...request, source: "version: x" })).rejects.toThrow('"version" has to be 1, not "x"');
    await expect(readYaml({ ...request, source: "version: []" })).rejects.toThrow('"version" has to be 1, not a list');
  });

  it("is refused whatever it is, with a place", async () => {
    const piece = fc.constantFrom(
      ..."[]{},:?-&*!|>'\"\n ".split(""),
      "name: ",
      "places: ",
      "form: ",
      "regions: ",
      "shape: ",
      "1",
      "x",
      "\n  ",
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.string({ unit: "binary" })), async (source) => {
        const error = await read(source).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error === undefined) return;
        expect(CloudLinkError.isInstance(error)).toBe(true);
        expect((error as CloudLinkError).rawMessage).toMatch(/^house\.yaml:[1-9]\d*:[1-9]\d*: ./);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a schema of another library", () => {
  const foreign = (issue: object) =>
    ({
      "~standard": { version: 1, vendor: "other", validate: () => ({ issues: [issue as { message: string }] }) },
    }) as const;

  async function refusal(issue: object): Promise<string> {
    const request = { source: "a:\n  token: hunter22", file: "f", maxBytes: 100, title: "an f" };
    const error = await readYaml({ ...request, schema: foreign(issue) }).catch((thrown: unknown) => thrown);
    return CloudLinkError.isInstance(error) ? error.rawMessage : String(error);
  }

  it("is told of in its words, at its place, without the values that it repeats", async () => {
    const issue = { message: "hunter22 is\nshort", path: ["a", { key: "token" }] };
    expect(await refusal(issue)).toBe('f:2:10: "a.token": [redacted] is\\u{a}short');
    expect(await refusal({ message: "nothing in hunter22 fits" })).toBe("f:1:1: an f: nothing in [redacted] fits");
  });

  it("is understood where it passes on what zod says of keys", async () => {
    expect(await refusal({ message: "m", code: "unrecognized_keys", keys: ["token"], path: ["a"] })).toBe(
      'f:2:3: unknown key "token"',
    );
    expect(await refusal({ message: "m", code: "unrecognized_keys", keys: 1, path: ["a"] })).toBe('f:2:3: "a": m');
  });
});
