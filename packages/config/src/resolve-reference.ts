import { isUtf8 } from "node:buffer";
import { resolve } from "node:path";
import type { FileReader } from "./configuration-source.ts";
import type { Reference } from "./references.ts";

/** The largest file that a reference may name: an RSA key of 4,096 bits in PEM has a fifth of it. */
const LARGEST_VALUE_BYTES = 16 * 1024;

/** Where references lead. */
export interface ReferenceSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: FileReader;
  /** What relative paths start at. */
  readonly folder: string;
}

/** What a reference leads to: a text that is not empty, or what is wrong with it, in words that follow its name. */
export type Resolved = { readonly text: string } | { readonly problem: string };

/** Looks a reference up. It never rejects. */
export async function resolveReference(reference: Reference, sources: ReferenceSources): Promise<Resolved> {
  if ("file" in reference) return await readReferred(reference, sources);
  const { environment } = sources;
  const text = Object.hasOwn(environment, reference.env) ? environment[reference.env] : undefined;
  if (text !== undefined && text !== "") return { text };
  return { problem: `is ${text === undefined ? "not set" : "empty"}` };
}

async function readReferred(reference: { readonly file: string }, sources: ReferenceSources): Promise<Resolved> {
  let bytes: Uint8Array;
  try {
    bytes = await sources.readFile({ path: resolve(sources.folder, reference.file), maxBytes: LARGEST_VALUE_BYTES });
  } catch (error) {
    return { problem: sayUnreadable(error) };
  }
  if (bytes.byteLength > LARGEST_VALUE_BYTES) return { problem: `has more than ${LARGEST_VALUE_BYTES} bytes` };
  if (!isUtf8(bytes)) return { problem: "is not UTF-8" };
  // Editors and `echo` end a file with a line end that is no part of the value.
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  return text === "" ? { problem: "is empty" } : { text };
}

/** Why a file cannot be read, in a few words. */
export function sayUnreadable(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") return "does not exist";
  if (code === "EISDIR" || code === NOT_A_FILE) return "is not a regular file";
  return `cannot be read${typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? ` (${code})` : ""}`;
}

/** The code of the error that the default reader throws for a pipe, a device or a folder. */
export const NOT_A_FILE = "CLOUDLINK_NOT_A_FILE";
