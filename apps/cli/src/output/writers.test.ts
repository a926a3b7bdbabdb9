import { parse as parseCsv } from "csv-parse/sync";
import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { capture } from "../../test/in-process.ts";
import { createRowWriter } from "./create-row-writer.ts";
import { isHazardous } from "./neutralize.ts";
import { plainRow, type Row } from "./row.ts";
import type { RowWriterSettings } from "./row-writer.ts";
import { createSink } from "./sink.ts";
import { truncated } from "./table-writer.ts";

/** Texts as hostile as a tag may be: controls, escapes, bidirectional marks, separators of every form, wide characters. */
const hostile = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      ..."\x00\x07\b\t\n\r\x1b\x7f\x9b\x9d[]0;m,\"'=+-@ab\u202e\u2028\u200b\u{e0041}漢🚀é:#&*!|>%`{}?",
    ),
  }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.constantFrom("yes", "null", "~", "1e3", "0x1f", "2001-01-01", "=1+1", "-", "---", "\x1b]0;title\x07", ""),
);
const wellFormed = hostile.map((text) => text.toWellFormed());
const records = fc.array(fc.record({ name: hostile, tag: hostile }), { minLength: 1, maxLength: 5 });

async function written(
  rows: readonly Row[],
  settings: Partial<RowWriterSettings> & Pick<RowWriterSettings, "form"> & { width?: number; pages?: readonly Row[][] },
): Promise<string> {
  const output = capture(settings.width === undefined ? {} : { columns: settings.width });
  const columns = [
    { title: "NAME", path: "name" },
    { title: "TAG", path: "tag" },
  ];
  const writer = await createRowWriter({ columns, projected: false, ...settings, sink: createSink(output.stream) });
  for (const page of settings.pages ?? [rows]) await writer.rows(page);
  await writer.end({});
  return output.text();
}

const rowsOf = (values: readonly Record<string, unknown>[]) => values.map((value) => plainRow("row", value));

test("no control character of a tag ever reaches a table, on a terminal or not, and each row stays one line", async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.constantFrom(undefined, 12, 80), async (values, width) => {
      const text = await written(rowsOf(values), { form: "table", ...(width !== undefined && { width }) });
      const lines = text.split("\n");
      expect(lines).toHaveLength(values.length + 2);
      expect(lines.filter(isHazardous)).toEqual([]);
    }),
  );
});

test("a row by itself reaches no terminal raw either, nor do the names of its tags", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(hostile, hostile, { noNullPrototype: true }), async (tags) => {
      const output = capture({ columns: 80 });
      const writer = await createRowWriter({
        form: "table",
        columns: [],
        projected: false,
        sink: createSink(output.stream),
      });
      await writer.one(plainRow("row", { value: { tags } }));
      expect(output.text().split("\n").filter(isHazardous)).toEqual([]);
    }),
  );
});

test("CSV with raw cells reads back as what was written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ name: wellFormed, tag: wellFormed }), { maxLength: 5 }), async (values) => {
      const text = await written(rowsOf(values), { form: "csv", rawCsv: true });
      const [header, ...lines] = parseCsv(text, { relax_quotes: false }) as string[][];
      expect(header).toEqual(["name", "tag"]);
      expect(lines).toEqual(values.map(({ name, tag }) => [name, tag]));
    }),
  );
});

test("CSV gives a spreadsheet no formula, and is the same but for the apostrophe", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ name: wellFormed, tag: wellFormed }), { maxLength: 5 }), async (values) => {
      const text = await written(rowsOf(values), { form: "csv" });
      const [, ...lines] = parseCsv(text) as string[][];
      for (const [index, cells] of lines.entries()) {
        const value = values[index];
        for (const [cell, raw] of [
          [cells[0], value?.name],
          [cells[1], value?.tag],
        ]) {
          expect(cell).not.toMatch(/^[=+\-@\t\r]/);
          expect([raw, `'${raw}`]).toContain(cell);
        }
      }
    }),
  );
});

test("on a terminal, CSV shows control characters instead of sending them", async () => {
  const text = await written(rowsOf([{ name: "a\x1b[2Jb", tag: "c" }]), { form: "csv", width: 80 });
  expect(text).toBe("name,tag\na\\x1b[2Jb,c\n");
});

test.each(["json", "jsonl", "yaml"] as const)(
  "%s has the values themselves, and nothing that a terminal acts on",
  async (form) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: wellFormed, tag: wellFormed }), { minLength: 1, maxLength: 5 }),
        async (values) => {
          const text = await written(rowsOf(values), { form });
          expect(text.split("\n").filter(isHazardous)).toEqual([]);
          const read = {
            json: () => JSON.parse(text).items,
            jsonl: () =>
              text
                .trimEnd()
                .split("\n")
                .map((line) => JSON.parse(line)),
            yaml: () => parseYaml(text),
          }[form]();
          expect(read).toEqual(values);
        },
      ),
    );
  },
);

test("YAML reads the same to readers of version 1.1, to whom yes and no are booleans", async () => {
  const text = await written(rowsOf([{ name: "yes", tag: "1:30" }]), { form: "yaml" });
  expect(parseYaml(text, { version: "1.1" })).toEqual([{ name: "yes", tag: "1:30" }]);
});

test("an answer without rows is still a document of its form", async () => {
  expect(JSON.parse(await written([], { form: "json" }))).toEqual({ items: [] });
  expect(parseYaml(await written([], { form: "yaml" }))).toEqual([]);
  expect(await written([], { form: "csv" })).toBe("name,tag\n");
  expect(await written([], { form: "jsonl" })).toBe("");
  expect(await written([], { form: "table" })).toBe("");
});

test("a JSON list that came in pages is one document", async () => {
  const pages = [
    rowsOf([{ name: "a", tag: "1" }]),
    [],
    rowsOf([
      { name: "b", tag: "2" },
      { name: "c", tag: "3" },
    ]),
  ];
  expect(
    JSON.parse(await written([], { form: "json", pages })).items.map((item: { name: string }) => item.name),
  ).toEqual(["a", "b", "c"]);
});

test("the first page fixes a table's widths: on a terminal longer cells are cut, elsewhere nothing is", async () => {
  const pages = [rowsOf([{ name: "short", tag: "x" }]), rowsOf([{ name: "much longer", tag: "y" }])];
  expect(await written([], { form: "table", pages, width: 80 })).toBe("NAME   TAG\nshort  x\nmuch…  y\n");
  expect(await written([], { form: "table", pages })).toBe("NAME   TAG\nshort  x\nmuch longer  y\n");
});

test("a table on a terminal is no wider than it, as long as columns can be squeezed", async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.integer({ min: 16, max: 120 }), async (values, width) => {
      const text = await written(rowsOf(values), { form: "table", width });
      expect(Math.max(...text.split("\n").map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    }),
  );
});

test("an id is never cut, however narrow the terminal", async () => {
  const columns = [
    { title: "ID", path: "name", whole: true },
    { title: "TAG", path: "tag" },
  ];
  const id = "i-0123456789abcdef0";
  const rows = rowsOf([{ name: id, tag: "a rather long text" }]);
  expect(await written(rows, { form: "table", columns, width: 30 })).toBe(
    `ID                   TAG\n${id}  a rather…\n`,
  );
  expect(await written(rows, { form: "table", columns, width: 10 })).toBe(`ID                   TAG\n${id}  a rat…\n`);
});

test("wide characters take two columns, and none is cut in half", async () => {
  const text = await written(
    rowsOf([
      { name: "検索", tag: "x" },
      { name: "ab", tag: "y" },
    ]),
    { form: "table" },
  );
  expect(text).toBe("NAME  TAG\n検索  x\nab    y\n");
  expect(truncated("検索サーバー", 4)).toBe("検…");
  expect(truncated("👩‍💻👩‍💻👩‍💻", 4)).toBe("👩‍💻…");
});

test("named fields are all that the JSON and YAML forms hold, in their order, missing ones as null", async () => {
  const columns = [
    { title: "TAG", path: "tag" },
    { title: "X", path: "x" },
  ];
  const text = await written(rowsOf([{ name: "a", tag: "1" }]), { form: "jsonl", projected: true, columns });
  expect(text).toBe('{"tag":"1","x":null}\n');
});
