import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { thingRef } from "../../test/thing.ts";
import { createLocalStores } from "./create-local-stores.ts";
import type { Invalidation } from "./invalidation.ts";
import { Reach } from "./reach.ts";
import { SharedStoreError } from "./shared-store.ts";
import { Telling } from "./telling.ts";

const invalidation = (id: string): Invalidation => ({ type: "selection", selection: { ref: thingRef(id) } });
const settled = () => new Promise(setImmediate);

describe("telling a store of invalidations", () => {
  let clock: ManualClock;
  let telling: Telling;
  let told: Invalidation[];
  let refuses: (what: Invalidation) => boolean;

  beforeEach(() => {
    clock = createManualClock();
    told = [];
    refuses = () => true;
    const store = {
      ...createLocalStores({ clock }).connect(),
      async invalidate(what: Invalidation) {
        told.push(what);
        if (refuses(what)) throw new SharedStoreError("it is read-only", { isDown: false });
        return undefined;
      },
    };
    const reach = new Reach({ clock, patienceMs: 40, ping: () => store.ping(), up: () => {}, down: () => {} });
    telling = new Telling({ store, reach, clock, toldAt() {} });
    onTestFinished(() => telling.close());
  });

  /** How many times the store is told in a time that passes a little at a time. */
  async function toldWithin(ms: number): Promise<number> {
    told = [];
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await settled();
    }
    return told.length;
  }

  it("tries one of many that it did not take, less and less often, and the rest when it takes that", async () => {
    await Promise.all(Array.from({ length: 900 }, (_none, id) => telling.tell(invalidation(`${id}`))));
    expect(await toldWithin(3_000)).toBe(4);
    expect(await toldWithin(30_000)).toBe(10);
    refuses = () => false;
    expect(await toldWithin(3_000)).toBe(900);
    expect(telling.untold).toBe(0);
  });

  it("begins with short waits again once one was taken", async () => {
    await telling.tell(invalidation("a"));
    await toldWithin(30_000);
    refuses = () => false;
    await toldWithin(3_000);
    refuses = () => true;
    await telling.tell(invalidation("a"));
    expect(await toldWithin(300)).toBe(2);
  });

  it("lets one that is never taken keep no other", async () => {
    await Promise.all(["never", "a", "b"].map((id) => telling.tell(invalidation(id))));
    const never = JSON.stringify(invalidation("never"));
    refuses = (what) => JSON.stringify(what) === never;
    await toldWithin(1_000);
    expect(telling.untold).toBe(1);
  });
});
