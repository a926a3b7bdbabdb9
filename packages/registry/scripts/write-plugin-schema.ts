import { writeFile } from "node:fs/promises";
import { manifestJsonSchema } from "../src/manifest/manifest.schema.ts";

await writeFile(
  new URL("../plugin.schema.json", import.meta.url),
  `${JSON.stringify(manifestJsonSchema(), undefined, 2)}\n`,
);
