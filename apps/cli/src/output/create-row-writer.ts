import type { Row } from "./row.ts";
import type { RowWriter, RowWriterSettings } from "./row-writer.ts";

/** The writer of a form. Its module, and the library behind it, are loaded only now. */
export async function createRowWriter(settings: RowWriterSettings): Promise<RowWriter> {
  switch (settings.form) {
    case "table":
    case "wide":
      return (await import("./table-writer.ts")).createTableWriter(settings);
    case "json":
    case "jsonl":
      return (await import("./json-writer.ts")).createJsonWriter(settings);
    case "yaml":
      return (await import("./yaml-writer.ts")).createYamlWriter(settings);
    case "csv":
      return (await import("./csv-writer.ts")).createCsvWriter(settings);
    case "name": {
      const write = (rows: readonly Row[]) => settings.sink.write(rows.map((row) => `${row.name}\n`).join(""));
      return { one: (row) => write([row]), rows: write, async end() {} };
    }
  }
}
