import { isMet, loadSubjects, type Row } from "@cloudlink/measure";
import { describe, expect, test } from "vitest";
import { drills } from "./drills.ts";

const SEED = 20_261_123;

/** How many inputs a fuzz has in the suite, whatever the size of the other drills: each takes some milliseconds. */
const FUZZ_INPUTS = 20_000;

/** The drills at a reduced size, for what they count and never for a time. */
describe.each(drills.map((drill, index) => ({ name: `${drill.group} ${index}`, drill })))("$name", ({ drill }) => {
  const run = async (control: boolean) =>
    await drill.measure({
      ...{ subjects: await loadSubjects(), size: "reduced" as const, seed: SEED, control },
      ...(drill.group === "fuzz" && !control && { count: FUZZ_INPUTS }),
    });

  test("meets its goals", { timeout: 600_000 }, async () => {
    for (const figure of counted(await run(false), drill)) expect(figure).toSatisfy(isMet);
  });

  test("misses every one of them with the control in place", { timeout: 120_000 }, async () => {
    for (const figure of counted(await run(true), drill)) expect(figure).not.toSatisfy(isMet);
  });
});

/** All but times. */
function counted(figures: Awaited<ReturnType<Row["measure"]>>, { row }: Row) {
  const counts = figures.filter(({ unit }) => unit === "");
  expect(counts.length).toBeGreaterThan(0);
  for (const figure of figures) {
    expect(figure).toMatchObject({ row, seed: SEED });
    expect(figure.n).toBeGreaterThan(0);
  }
  return counts;
}
