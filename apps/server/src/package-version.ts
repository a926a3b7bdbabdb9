import { readFileSync } from "node:fs";

/** Of this package: beside `dist` as beside `src`. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
