import { CloudLinkError } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openYaml } from "./open-yaml.ts";

const open = (source: string | Uint8Array, confidential = false) =>
  openYaml({ source, file: "f.yaml", maxBytes: 64 * 1024, confidential });

describe("openYaml", () => {
  it("gives the data and the place of any of it, and of the nearest where there is none", async () => {
    const yaml = await open("a: 1\nb:\n  - c: &x {d: 2}\n  - *x\n");
    expect(yaml).toMatchObject({ file: "f.yaml", problems: [], value: { a: 1, b: [{ c: { d: 2 } }, { d: 2 }] } });
    const place = (path: readonly PropertyKey[], key?: string) => {
      const { line, column } = yaml.problem({ path, message: "m", ...(key !== undefined && { key }) });
      return [line, column];
    };
    expect(place([])).toEqual([1, 1]);
    expect(place(["b", 0, "c", "d"])).toEqual([3, 15]);
    expect(place(["b", 0, "c"], "d")).toEqual([3, 12]);
    expect(place(["b", 1])).toEqual([4, 5]);
    expect(place(["b", 0, "none", "such"])).toEqual([3, 5]);
    expect(place(["b", 0], "none")).toEqual([3, 5]);
  });

  it("tells what is wrong with the text by place, and holds it against nothing", async () => {
    const yaml = await open("a: 1\na: 2\nb: .inf");
    expect(yaml.value).toBeUndefined();
    expect(yaml.problems).toEqual([
      { line: 2, column: 1, message: '"a" is here a second time; the first is on line 1' },
      { line: 3, column: 4, message: "this is not a number that JSON can hold" },
    ]);
    const held = await yaml.hold({ schema: z.any(), title: "f" });
    expect(held.problems?.map(({ line }) => line)).toEqual([2, 3]);
    const bytes = await open(new Uint8Array([0x61, 0x0a, 0xff]));
    expect(bytes.problems).toEqual([{ line: 2, column: 1, message: "this is not UTF-8. Save the file as UTF-8." }]);
    expect(bytes.problem({ path: ["x"], message: "m" })).toEqual({ line: 2, column: 1, message: "m" });
    expect((await bytes.hold({ schema: z.any(), title: "f" })).problems).toHaveLength(1);
  });

  it("refuses at once what is too large", async () => {
    const error = await openYaml({ source: "é".repeat(6), file: "f.yaml", maxBytes: 11 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(CloudLinkError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ rawMessage: "f.yaml has 12 bytes; the most is 11.", details: { file: "f.yaml" } });
  });

  it.each([
    "!hunter22",
    "*hunter22",
    "@hunter22",
    "|hunter22",
    "%hunter22",
    "!!hunter22 x",
    '"\\hunter22"',
    "[hunter22",
    "a b: hunter22: c",
    "]hunter22",
  ])("quotes nothing of a confidential text: %s", async (value) => {
    const source = `secret: ${value}\nb: 1\n`;
    const { problems } = await open(source, true);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain("unter22");
    for (const directive of [
      "%hunter22 x\n---\na: 1",
      "%YAML hunter22\n---\na: 1",
      "%TAG ! hunter22\n---\na: !hunter22 1",
    ]) {
      expect(JSON.stringify((await open(directive, true)).problems)).not.toContain("unter22");
    }
  });

  it("says in a confidential text what to do instead", async () => {
    const messages = async (source: string) => (await open(source, true)).problems.map(({ message }) => message);
    expect(await messages("a: !x 1")).toEqual(["this tag cannot be here; put text that begins with ! in quotes"]);
    expect(await messages("a: *x")).toEqual([
      "the alias has no anchor before it; put text that begins with * in quotes",
    ]);
    expect(await messages("a: 1\na: 2")).toEqual(['"a" is here a second time; the first is on line 1']);
  });
});

describe("hold", () => {
  const schema = z.strictObject({ word: z.enum(["left", "right"]), count: z.int().max(9), on: z.boolean() });

  it("holds a part of the file, or what a caller has made of it, against a schema, at their places", async () => {
    const yaml = await open("a:\n  word: lefft\n  count: x\n  on: 1");
    const held = await yaml.hold({ schema, title: "f", at: ["a"] });
    expect(held.problems).toEqual([
      {
        line: 2,
        column: 9,
        path: ["a", "word"],
        message: '"a.word" has to be one of left, right, not "lefft"; did you mean "left"?',
      },
      {
        line: 3,
        column: 10,
        path: ["a", "count"],
        wanted: "number",
        message: '"a.count" has to be a number, not text',
      },
      {
        line: 4,
        column: 7,
        path: ["a", "on"],
        wanted: "boolean",
        message: '"a.on" has to be true or false, not a number',
      },
    ]);
    const other = await yaml.hold({ schema, title: "f", at: ["a"], value: { word: "left", count: 1, on: true } });
    expect(other).toEqual({ value: { word: "left", count: 1, on: true } });
    expect((await yaml.hold({ schema, title: "an f", value: undefined })).problems).toMatchObject([
      { message: "an f is missing", path: [] },
    ]);
  });

  it("repeats nothing that is concealed", async () => {
    const yaml = await open("word: lefft\ncount: 1\non: true");
    const picky = schema.extend({
      count: z.int().refine(() => false, { error: ({ input }) => `dislikes ${input}234` }),
    });
    const held = await yaml.hold({
      schema: picky,
      title: "f",
      value: { word: "lefft", count: 1234, on: true },
      concealed: () => true,
    });
    expect(held.problems?.map(({ message }) => message)).toEqual([
      '"word" has to be one of left, right',
      expect.not.stringContaining("lefft"),
    ]);
  });
});
