import { loadSubjects } from "@cloudlink/measure";
import { describe, expect, test } from "vitest";
import { rows } from "./index.ts";

/** Some rows start a dozen processes, one after the other in part. */
const TIMEOUT_MS = 120_000;

/** The rows at a reduced size: that they do the work they say, and count the vendor's calls right. Never how long it takes. */
describe.each(rows)("$row", (row) => {
  test.each([false, true])(
    "does its work and gives its figures (control: %s)",
    async (control) => {
      const subjects = await loadSubjects();
      const figures = await row.measure({ subjects, size: "reduced", seed: 1, control });
      expect(figures.length).toBeGreaterThan(0);
      for (const figure of figures) {
        expect(figure.row).toBe(row.row);
        expect(figure.value).toBeGreaterThanOrEqual(0);
        expect(figure.n).toBeGreaterThan(0);
      }
    },
    TIMEOUT_MS,
  );
});
