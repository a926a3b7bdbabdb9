import type { Context } from "@cloudlink/core";
import { exposedGc, type Row } from "@cloudlink/measure";
import { spreadOf } from "../measure.ts";

const CONTEXTS = 100_000;

/** Row 17: a timeout that nobody listens to. The control is what the platform offers: a signal of any of two. */
export const timeout: Row = {
  row: "speed-17",
  group: "live",
  async measure({ subjects, size, control }) {
    const collectGarbage = exposedGc();
    const parent = subjects.core.background().withCancel();
    const parentSignal = parent.signal;
    const one: () => unknown = control
      ? () => AbortSignal.any([parentSignal, AbortSignal.timeout(60_000)])
      : () => parent.withTimeout(60_000);

    const rounds = size === "full" ? 11 : 1;
    const perCall: number[] = [];
    for (let round = 0; round < rounds + 2; round += 1) {
      const before = process.cpuUsage();
      let last: unknown;
      for (let index = 0; index < CONTEXTS; index += 1) last = one();
      const { user, system } = process.cpuUsage(before);
      if (last === undefined) throw new Error("nothing was made");
      if (round >= 2) perCall.push(((user + system) * 1_000) / CONTEXTS);
    }

    collectGarbage();
    const heapBefore = process.memoryUsage().heapUsed;
    for (let index = 0; index < CONTEXTS; index += 1) one();
    collectGarbage();
    const retained = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / CONTEXTS;
    endOf(parent);

    const spread = spreadOf(perCall);
    return [
      {
        row: "speed-17",
        name: "ctx.withTimeout that nobody listens to, CPU",
        value: spread.median,
        unit: "ns",
        goal: { atMost: 100 },
        n: CONTEXTS * rounds,
        spread: [spread.min, spread.max],
      },
      {
        row: "speed-17",
        name: `memory that ${CONTEXTS} of them retain, each`,
        value: retained,
        unit: "B",
        // Not zero: the heap's own bookkeeping moves by some kilobytes between two collections.
        goal: { atMost: 1 },
        n: CONTEXTS,
      },
    ];
  },
};

/** The parent has to be alive until here, or what it retains is collected with it. */
function endOf(parent: Context & { cancel(): void }): void {
  parent.cancel();
}
