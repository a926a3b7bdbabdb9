import { isMet, loadSubjects } from "@cloudlink/measure";
import { expect, test } from "vitest";
import { oneMiss } from "./one-miss.ts";

/** Several processes are started, one after the other in part. */
const TIMEOUT_MS = 120_000;

/** By its counts, which do not depend on how fast the machine is. */
test.each([false, true])(
  "counts the vendor's calls, and misses every goal of them with a control in place (control: %s)",
  async (control) => {
    const figures = await oneMiss.measure({ subjects: await loadSubjects(), size: "reduced", seed: 1, control });
    const counts = figures.filter(({ unit, goal }) => unit === "" && goal !== undefined);
    expect(counts).toHaveLength(3);
    for (const count of counts) expect([count.name, isMet(count)]).toEqual([count.name, !control]);
  },
  TIMEOUT_MS,
);
