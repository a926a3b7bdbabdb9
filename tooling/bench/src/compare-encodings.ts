import { loadSubjects } from "@cloudlink/measure";
import { compareEncodings } from "./encodings.ts";
import type { Spread } from "./measure.ts";

/** Prints what decision 11 chose the encoding of entries by: `node tooling/bench/dist/compare-encodings.js`. */
const { core } = await loadSubjects();
const micros = ({ median, min, max }: Spread) => `${median.toFixed(2)} [${min.toFixed(2)} – ${max.toFixed(2)}]`;
const rows = compareEncodings(core.freezeDeep).map(
  ({ name, bytes, encodeMicros, decodeMicros }) =>
    `| ${name} | ${bytes.toFixed(0)} | ${micros(encodeMicros)} | ${micros(decodeMicros)} |`,
);
const head = ["| Encoding of a machine | Bytes | Encode, µs | Decode and freeze, µs |", "|---|---|---|---|"];
process.stdout.write(`${[...head, ...rows].join("\n")}\n`);
