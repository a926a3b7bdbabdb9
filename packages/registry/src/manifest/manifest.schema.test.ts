import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { manifestJsonSchema } from "./manifest.schema.ts";

describe("plugin.schema.json", () => {
  it("is the schema of this code; if not, run the script `schema` of this package", async () => {
    const published = await readFile(new URL("../../plugin.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(manifestJsonSchema());
  });

  it("has patterns that compile with the u flag, as JSON Schema asks", () => {
    const patterns: string[] = [];
    JSON.stringify(manifestJsonSchema(), (key, value) => {
      if (key === "pattern") patterns.push(value);
      return value;
    });
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) expect(() => new RegExp(pattern, "u")).not.toThrow();
  });
});
