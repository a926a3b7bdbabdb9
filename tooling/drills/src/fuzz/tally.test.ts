import { isMet } from "@cloudlink/measure";
import { expect, test } from "vitest";
import { FuzzTally } from "./tally.ts";

async function countsOf(run: () => Promise<"taken" | "refused" | { wrong: string }>): Promise<readonly number[]> {
  using tally = new FuzzTally();
  await tally.add({ name: "an input", run });
  return tally
    .figures({ row: "fault-11", of: "a test", seed: 1 })
    .slice(0, 3)
    .map(({ value }) => value);
}

test("an input that is taken or refused as documented counts for nothing", async () => {
  expect(await countsOf(async () => "taken")).toEqual([0, 0, 0]);
  expect(await countsOf(async () => "refused")).toEqual([0, 0, 0]);
});

test("an exception that nobody catches, in the same turn or the next, is a crash and ends nothing", async () => {
  const later = async () => {
    setImmediate(() => {
      throw new Error("later");
    });
    return "taken" as const;
  };
  expect(await countsOf(later)).toEqual([1, 0, 0]);
});

test("a rejection that nobody hears is a crash", async () => {
  const unheard = async () => {
    void Promise.reject(new Error("unheard"));
    return "taken" as const;
  };
  expect(await countsOf(unheard)).toEqual([1, 0, 0]);
});

test("a write to a prototype is counted once, and undone", async () => {
  const write = async () => {
    Object.defineProperty(Object.prototype, "polluted", { value: "yes", configurable: true });
    return "taken" as const;
  };
  expect(await countsOf(write)).toEqual([0, 1, 0]);
  expect("polluted" in {}).toBe(false);
});

test("the bound is for the CPU of this thread, and an input that keeps to it is met", async () => {
  using tally = new FuzzTally();
  await tally.add({ name: "an input", run: async () => "refused" });
  expect(tally.figures({ row: "fault-11", of: "a test", seed: 1 })[3]).toSatisfy(isMet);
});
