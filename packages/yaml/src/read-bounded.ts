import { open } from "node:fs/promises";

/** What {@link readBounded} takes. */
export interface ReadBoundedRequest {
  readonly path: string;
  readonly maxBytes: number;
}

/**
 * The bytes of a file, or one more than `maxBytes` of them where it has more: what {@link openYaml} then refuses. Not `readFile`: a file may
 * grow between being measured and being read.
 *
 * @throws what the file system throws, with its `code`.
 */
export async function readBounded({ path, maxBytes }: ReadBoundedRequest): Promise<Uint8Array> {
  await using file = await open(path);
  const bytes = new Uint8Array(maxBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = (await file.read(bytes, length, bytes.length - length)).bytesRead;
  }
  return bytes.subarray(0, length);
}
