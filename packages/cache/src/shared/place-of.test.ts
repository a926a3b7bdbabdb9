import { systemClock } from "@cloudlink/core";
import { expect, it, onTestFinished } from "vitest";
import { observationOf, Thing, thingRef, thingScope } from "../../test/thing.ts";
import { createLocalStores } from "./create-local-stores.ts";
import { createSharedCache } from "./create-shared-cache.ts";
import type { SharedStore } from "./shared-store.ts";

/** What encodeURIComponent leaves as it is, and a ref does not; and what both encode. */
const accounts = ["a", "*", "it's", "(a)", "a!b", "a/b", "a%2Fb", "{a}", "e\u0301"];

it.each(accounts)(
  "an account %j has one place: that which its refs begin with is read, written and invalidated",
  async (account) => {
    const asked: { readonly place: string; readonly ref: string }[] = [];
    const note = (place: string, all: readonly { readonly ref: string }[]) =>
      asked.push(...all.map(({ ref }) => ({ place, ref })));
    const store = createLocalStores().connect();
    const noting: SharedStore = {
      ...store,
      read(place, reads) {
        note(place, reads);
        return store.read(place, reads);
      },
      write(place, writes) {
        note(place, writes);
        return store.write(place, writes);
      },
    };
    const cache = createSharedCache({ store: noting });
    onTestFinished(() => cache.close());
    const ref = thingRef("thing", { account });
    const namespace = cache.namespace({ scope: thingScope({ account }), kind: Thing });
    const read = { ref, fromView: 1, nowMs: systemClock.monotonicMs(), maxAgeMs: 60_000, staleMs: 0 };
    await namespace.lookFurther(read);
    using fill = namespace.beginFill(systemClock, [ref]);
    fill.store(observationOf(ref, { observedAt: systemClock.nowMs() }), { maxAgeMs: 1_000 });
    await expect.poll(() => cache.use().shared?.stored).toBe(1);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    // An invalidation names the ref alone.
    for (const each of asked) expect(each.place).toBe(each.ref.slice(0, each.ref.lastIndexOf("/")));
  },
);
