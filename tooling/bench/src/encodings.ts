import { deserialize, serialize } from "node:v8";
import type { Subjects } from "@cloudlink/measure";
import { Packr } from "msgpackr";
import { spreadOf } from "./measure.ts";
import { typicalMachine } from "./typical-machine.ts";

/** One way to write an entry for a store: a value with what is known of it. */
export interface Encoding {
  readonly name: string;
  encode(fields: readonly unknown[]): string | Buffer;
  decode(written: string | Buffer): readonly unknown[];
}

/** What an encoding takes, of a typical machine: the median of rounds, with the smallest and the largest. */
export interface EncodingFigures {
  readonly name: string;
  readonly bytes: number;
  readonly encodeMicros: ReturnType<typeof spreadOf>;
  /** With all that it holds frozen, as what answers is. */
  readonly decodeMicros: ReturnType<typeof spreadOf>;
}

type FreezeDeep = Subjects["core"]["freezeDeep"];

/** What could be written to a store, each read back with all that it holds frozen. The first is the one that is in use. */
export function encodings(freezeDeep: FreezeDeep): readonly Encoding[] {
  const packr = new Packr({ useRecords: false });
  const withRecords = new Packr({ structures: [] });
  const text = { encode: (fields: readonly unknown[]) => JSON.stringify(fields) };
  return [
    { name: "JSON array, frozen as it is gone through", ...text, decode: (written) => freezeTree(parse(written)) },
    { name: "JSON array, freezeDeep", ...text, decode: (written) => freezeDeep(parse(written)) },
    { name: "JSON array, frozen by a reviver", ...text, decode: (written) => parse(written, freezeEach) },
    {
      name: "JSON object, frozen as it is gone through",
      encode: (fields) => JSON.stringify(named(fields)),
      decode: (written) => freezeTree(Object.values(parse(written))) as readonly unknown[],
    },
    {
      name: "msgpackr, frozen as it is gone through",
      encode: (fields) => packr.pack(fields),
      decode: (written) => freezeTree(packr.unpack(written as Buffer)) as readonly unknown[],
    },
    {
      name: "msgpackr with shared structures, which both sides have to have",
      encode: (fields) => withRecords.pack(fields),
      decode: (written) => freezeTree(withRecords.unpack(written as Buffer)) as readonly unknown[],
    },
    {
      name: "v8.serialize, frozen as it is gone through",
      encode: (fields) => serialize(fields),
      decode: (written) => freezeTree(deserialize(written as Buffer)) as readonly unknown[],
    },
  ];
}

function parse(written: string | Buffer, reviver?: (name: string, value: unknown) => unknown): readonly unknown[] {
  return JSON.parse(written as string, reviver) as readonly unknown[];
}

function freezeEach(_name: string, value: unknown): unknown {
  return Object.freeze(value);
}

const names = ["format", "major", "observedAt", "view", "sourceLagMs", "usual", "logPosition", "value"] as const;

function named(fields: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name, index) => [name, fields[index]]));
}

/** As the cache does it; see `stored-entry.ts` there. */
function freezeTree<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) for (const child of value) freezeTree(child);
  else for (const name in value) freezeTree(value[name]);
  return Object.freeze(value);
}

const ENTRIES = 2_000;
const ROUNDS = 21;
const WARM_UP = 3;

/** An entry as the cache writes one, of machines that differ. */
export function entryOf(index: number): readonly unknown[] {
  const value = typicalMachine({ id: `i-0${index.toString(16).padStart(16, "0")}`, region: "us-east-1" });
  return [1, 1, 1_764_000_000_000 + index, "standard", null, [30_000, 0, 0], 0, value];
}

/** Compares the encodings, by CPU, their rounds in turn. */
export function compareEncodings(freezeDeep: FreezeDeep): readonly EncodingFigures[] {
  const entries = Array.from({ length: ENTRIES }, (_, index) => entryOf(index));
  const measured = encodings(freezeDeep).map((encoding) => ({
    encoding,
    written: entries.map((entry) => encoding.encode(entry)),
    encodeMicros: [] as number[],
    decodeMicros: [] as number[],
  }));
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    for (const { encoding, written, encodeMicros, decodeMicros } of measured) {
      const encode = cpuMicrosOf(() => entries.map((entry) => encoding.encode(entry)));
      const decode = cpuMicrosOf(() => written.map((each) => encoding.decode(each)));
      if (round < WARM_UP) continue;
      encodeMicros.push(encode / ENTRIES);
      decodeMicros.push(decode / ENTRIES);
    }
  }
  return measured.map(({ encoding: { name }, written, encodeMicros, decodeMicros }) => ({
    name,
    bytes: written.reduce((sum, each) => sum + Buffer.byteLength(each), 0) / ENTRIES,
    encodeMicros: spreadOf(encodeMicros),
    decodeMicros: spreadOf(decodeMicros),
  }));
}

/** What is made is kept until it is measured, as an answer is. */
function cpuMicrosOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
