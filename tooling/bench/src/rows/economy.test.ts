import { isMet, loadSubjects } from "@cloudlink/measure";
import { describe, expect, test } from "vitest";
import { economy, freshEconomy } from "./economy.ts";

/** Counts in virtual time, which do not depend on how fast the machine is. */
describe.each([economy, freshEconomy])("$row", (row) => {
  const measure = async (control: boolean) =>
    await row.measure({ subjects: await loadSubjects(), size: "reduced", seed: 7, control });

  test("counts the same with the same seed", async () => {
    expect(await measure(false)).toEqual(await measure(false));
  });

  test("misses every goal with a control in place", async () => {
    const figures = await measure(true);
    expect(figures).toHaveLength(6);
    for (const figure of figures) expect(figure).not.toSatisfy(isMet);
  });
});
