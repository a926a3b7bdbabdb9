import { expect, test } from "vitest";
import { longestBlock, median, ratioOf } from "./measure.ts";

test("the median is the middle value, whatever the order", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([])).toBeNaN();
});

test("subject and peer take turns in going first, and warm-up rounds do not count", async () => {
  const ran: string[] = [];
  const work = (name: string) => async () => {
    ran.push(name);
  };
  const { ratio } = await ratioOf({ rounds: 3, warmUp: 1, subject: work("subject"), peer: work("peer") });
  expect(ran).toEqual(["subject", "peer", "peer", "subject", "subject", "peer", "peer", "subject"]);
  expect(Object.keys(ratio)).toEqual(["median", "min", "max"]);
});

test("the longest block is the most that passed between two turns of the loop, the last one included", async () => {
  let time = 0;
  const clocks = { cpuMs: () => time, wallMs: () => time * 2 };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const blockOf = (steps: readonly number[]) =>
    longestBlock(async () => {
      for (const [index, step] of steps.entries()) {
        time += step;
        // Two turns: the probe has run in one of them, whichever was first in the queue.
        if (index < steps.length - 1) {
          await turn();
          await turn();
        }
      }
    }, clocks);
  expect(await blockOf([3, 7, 5])).toEqual({ cpuMs: 7, wallMs: 14 });
  expect(await blockOf([1, 9])).toEqual({ cpuMs: 9, wallMs: 18 });
});
