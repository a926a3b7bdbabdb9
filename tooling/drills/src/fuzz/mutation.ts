import fc from "fast-check";

/** A change of a text's bytes. Places are shares of its length, so that one change fits every text. */
export type ByteChange =
  | { readonly change: "truncate"; readonly at: number }
  | { readonly change: "flip"; readonly at: number; readonly bit: number }
  | { readonly change: "delete"; readonly at: number; readonly length: number }
  | { readonly change: "repeat"; readonly at: number; readonly length: number; readonly times: number }
  | { readonly change: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly change: "overwrite"; readonly at: number; readonly bytes: Uint8Array };

/** From 0 up to 1. */
export const place = fc.nat(999_999).map((millionths) => millionths / 1_000_000);

/** Bytes that text should not have: NULs, invalid UTF-8 (lone continuation, overlong, surrogate, beyond U+10FFFF), byte order marks, lone escapes. */
const nastyBytes = fc.constantFrom(
  ...[
    "00",
    "0000000000",
    "80",
    "c0af",
    "eda080",
    "f4908080",
    "ff",
    "fffe",
    "efbbbf",
    "1b5b324a",
    "0b",
    "7f",
    "c285",
  ].map((hex) => Buffer.from(hex, "hex")),
);

/** What is inserted: nasty, random, or of the format's own. */
function bytesOf(own: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    nastyBytes,
    fc.uint8Array({ minLength: 1, maxLength: 24 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).map((text) => Buffer.from(text)),
    own.map((text) => Buffer.from(text)),
  );
}

/**
 * @param own - fragments of the format, which do more harm than noise does.
 * @param mostTimes - how often a piece may be repeated. Where a text repeated is many good ones, it is few: they would be many inputs.
 */
export function byteChange(
  own: fc.Arbitrary<string>,
  { mostTimes = 100 }: { readonly mostTimes?: number } = {},
): fc.Arbitrary<ByteChange> {
  const bytes = bytesOf(own);
  return fc.oneof(
    fc.record({ change: fc.constant("truncate" as const), at: place }),
    fc.record({ change: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
    fc.record({ change: fc.constant("delete" as const), at: place, length: fc.integer({ min: 1, max: 200 }) }),
    fc.record({
      change: fc.constant("repeat" as const),
      at: place,
      length: fc.integer({ min: 1, max: 2_000 }),
      times: fc.integer({ min: 1, max: mostTimes }),
    }),
    fc.record({ change: fc.constant("insert" as const), at: place, bytes }),
    fc.record({ change: fc.constant("overwrite" as const), at: place, bytes }),
  );
}

export function changeBytes(text: Buffer, change: ByteChange): Buffer {
  const at = Math.floor(change.at * text.length);
  const [head, tail] = [text.subarray(0, at), text.subarray(at)];
  switch (change.change) {
    case "truncate":
      return head;
    case "flip": {
      const copy = Buffer.from(text);
      copy[at] = (copy[at] ?? 0) ^ (1 << change.bit);
      return copy;
    }
    case "delete":
      return Buffer.concat([head, tail.subarray(change.length)]);
    case "repeat":
      return Buffer.concat([head, ...new Array(change.times).fill(tail.subarray(0, change.length)), tail]);
    case "insert":
      return Buffer.concat([head, change.bytes, tail]);
    default:
      return Buffer.concat([head, change.bytes, tail.subarray(change.bytes.length)]);
  }
}
