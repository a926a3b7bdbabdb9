import { Document, isScalar, Scalar, visit } from "yaml";
import { escapeInQuotes, isHazardous } from "./neutralize.ts";
import { projectedRecord, type RowWriter, type RowWriterSettings } from "./row-writer.ts";

/** YAML 1.2: a row by itself is a mapping, many are one sequence that grows as they come. */
export function createYamlWriter(settings: RowWriterSettings): RowWriter {
  const { sink } = settings;
  let written = 0;
  return {
    one: (row) => sink.write(text(projectedRecord(row, settings))),
    async rows(rows) {
      if (rows.length === 0) return;
      written += rows.length;
      await sink.write(text(rows.map((row) => projectedRecord(row, settings))));
    },
    end: () => (written === 0 ? sink.write("[]\n") : Promise.resolve()),
  };
}

/** Texts that a terminal could act on are put in double quotes, where YAML has escapes for them. */
function text(value: unknown): string {
  // The same resource may share parts with another: anchors would be correct, and nobody wants to read them.
  // Texts such as "yes", which YAML 1.1 takes for a boolean, are quoted: most readers outside JavaScript are of that version.
  const document = new Document(value, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
  let hazards = false;
  visit(document, {
    Scalar(_key, node) {
      if (!isScalar(node) || typeof node.value !== "string" || !isHazardous(node.value)) return;
      hazards = true;
      node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const written = document.toString({ lineWidth: 0 });
  return hazards ? escapeInQuotes(written) : written;
}
