import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { CloudLinkError } from "@cloudlink/core";
import { printable, readBounded } from "@cloudlink/yaml";
import { parsePluginManifest } from "./manifest/parse-plugin-manifest.ts";
import { LARGEST_MANIFEST_BYTES, MANIFEST_FILE, type PluginManifest } from "./manifest/plugin-manifest.ts";
import { invalidSettings } from "./registry-error.ts";

/** The folder of a plugin, with its plugin.yaml read. */
export interface PluginFolder {
  /** How messages call its plugin.yaml. */
  readonly file: string;
  readonly manifest: PluginManifest;
  /** The real path of a file of the folder. @throws `invalid_argument` (`ErrInvalidSettings`) for one that is not there, or leads out. */
  resolve(path: string): Promise<string>;
}

/** @throws `invalid_argument` (`ErrInvalidSettings`) for a folder or a plugin.yaml that is not there, leads out of the folder or is not valid. */
export async function openPluginFolder(folder: string): Promise<PluginFolder> {
  if (typeof folder !== "string" || folder === "") throw invalidSettings("The folder of a plugin is a path.");
  const root = await realPathOf(folder, `The folder ${printable(folder)}`);
  const resolve = (path: string) => resolveWithin({ root, folder, path });
  const file = printable(join(folder, MANIFEST_FILE));
  const bytes = await readManifest(await resolve(MANIFEST_FILE), file);
  return { file, manifest: await parsePluginManifest(bytes, { file }), resolve };
}

async function resolveWithin(at: {
  readonly root: string;
  readonly folder: string;
  readonly path: string;
}): Promise<string> {
  const shown = printable(join(at.folder, at.path));
  const real = await realPathOf(join(at.root, at.path), shown);
  const inside = relative(at.root, real);
  if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw invalidSettings(`${shown} leads out of the plugin's folder. Put the file itself there, not a link to it.`);
  }
  // Opening a pipe or a device would wait for whoever is at its other end.
  if (!(await stat(real)).isFile()) throw invalidSettings(`${shown} is not a file.`);
  return real;
}

async function realPathOf(path: string, shown: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw unreadable(error, shown);
  }
}

async function readManifest(path: string, shown: string): Promise<Uint8Array> {
  try {
    return await readBounded({ path, maxBytes: LARGEST_MANIFEST_BYTES });
  } catch (error) {
    throw unreadable(error, shown);
  }
}

function unreadable(error: unknown, shown: string): CloudLinkError {
  const code = (error as { readonly code?: unknown } | null)?.code;
  const message =
    code === "ENOENT" || code === "ENOTDIR"
      ? `${shown} does not exist. Give the folder that holds the plugin's ${MANIFEST_FILE}.`
      : `${shown} cannot be read${typeof code === "string" ? ` (${printable(code)})` : ""}.`;
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller", cause: error });
}
