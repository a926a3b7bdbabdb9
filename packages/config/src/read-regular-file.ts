import { stat } from "node:fs/promises";
import { readBounded } from "@cloudlink/yaml";
import type { FileReader } from "./configuration-source.ts";
import { NOT_A_FILE } from "./resolve-reference.ts";

/** The file system's regular files. Opening a pipe or a device would wait for whoever is at its other end. */
export const readRegularFile: FileReader = async (request) => {
  if (!(await stat(request.path)).isFile()) throw Object.assign(new Error("Not a regular file."), { code: NOT_A_FILE });
  return await readBounded(request);
};
