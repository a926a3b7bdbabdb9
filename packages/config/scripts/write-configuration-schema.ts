import { writeFile } from "node:fs/promises";
import { configurationJsonSchema } from "../src/configuration-json-schema.ts";

await writeFile(
  new URL("../cloudlink.schema.json", import.meta.url),
  `${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`,
);
