import { describe, expect, test } from "vitest";
import { conformanceCases } from "./case-table.ts";
import { createReferenceHarness } from "./reference/harness.test-support.ts";
import { mutants } from "./reference/mutants.test-support.ts";
import { runConformance } from "./run-conformance.ts";

/** What never comes, never comes: the cloud is in memory, and a case that waits for nothing fails soon. */
const patienceMs = 300;

describe("the suite", () => {
  test.each(mutants)("fails $breaks for a provider that $does", async ({ breaks, make }) => {
    const results = await runConformance({
      name: "a mutant",
      createHarness: async () => createReferenceHarness(make),
      options: { patienceMs },
    });
    const failed = results.filter(({ error }) => error !== undefined).map(({ name }) => name.split(":")[0]);
    expect(failed).toContain(breaks);
  });

  test("has a case of the name that each mutant breaks, and no case breaks by two names", () => {
    const ids = conformanceCases.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { breaks } of mutants) expect(ids).toContain(breaks);
  });
});
