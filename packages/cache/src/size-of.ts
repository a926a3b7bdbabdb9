/** What V8 takes for an object and for each of its fields, and for a string beside its characters: about, since it packs them as it sees fit. */
const OBJECT_BYTES = 56;
const FIELD_BYTES = 8;
const STRING_BYTES = 24;

/** Beyond so many parts it is counted no further: what is that large is not kept anyhow. */
const MOST_PARTS = 100_000;

/** About how many bytes a value takes in memory: a tree of plain objects, arrays, strings and numbers. */
export function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return sizeOfScalar(value);
  let bytes = 0;
  let parts = 0;
  const left: object[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    bytes += OBJECT_BYTES;
    if (ArrayBuffer.isView(next)) bytes += next.byteLength;
    else {
      for (const part of Object.values(next) as unknown[]) {
        bytes += FIELD_BYTES;
        if (typeof part === "object" && part !== null) left.push(part);
        else bytes += sizeOfScalar(part);
      }
    }
    parts += 1;
    if (parts > MOST_PARTS) return Number.POSITIVE_INFINITY;
  }
  return bytes;
}

function sizeOfScalar(value: unknown): number {
  if (typeof value === "string") return STRING_BYTES + value.length;
  return typeof value === "bigint" ? STRING_BYTES : 0;
}
