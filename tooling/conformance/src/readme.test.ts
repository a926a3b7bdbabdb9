import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { conformanceCases } from "./case-table.ts";
import { renderCaseTable } from "./readme-table.test-support.ts";

test("the README lists every case as it is", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(renderCaseTable(conformanceCases));
});
