import { describe, expect, it } from "vitest";
import { BriefWaits } from "./brief-waits.ts";

/** A wait that says when it was bound. */
function wait() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { isOver: false, bind: resolve, bound: promise };
}

describe("a wait of which most are over at once", () => {
  it("is bound to its call when it lasts, whatever else waits", async () => {
    const waits = new BriefWaits();
    const [first, second, third] = [wait(), wait(), wait()];
    waits.add(first);
    waits.add(second);
    await first.bound;
    await second.bound;
    waits.add(third);
    await third.bound;
  });

  it("is left alone when it is over", async () => {
    const waits = new BriefWaits();
    const brief = { isOver: true, bind: () => expect.unreachable() };
    const lasting = wait();
    waits.add(brief);
    waits.add(lasting);
    await lasting.bound;
  });
});
