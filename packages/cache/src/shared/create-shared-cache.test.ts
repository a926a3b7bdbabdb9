import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { observationOf, Thing, thingRef, thingScope } from "../../test/thing.ts";
import { createLocalStores } from "./create-local-stores.ts";
import { createSharedCache, type SharedCache, type SharedCacheSettings } from "./create-shared-cache.ts";
import { type SharedStore, SharedStoreError, type StoreListener } from "./shared-store.ts";

const a = thingRef("a");
const place = { scope: thingScope(), kind: Thing };
const usual = { maxAgeMs: 60_000 };

describe("caches that share a store", () => {
  let clock: ManualClock;
  let stores: ReturnType<typeof createLocalStores>;
  /** What the store of the last cache that was made tells. */
  let listener: StoreListener;

  beforeEach(() => {
    clock = createManualClock();
    stores = createLocalStores({ clock });
  });

  /** One more process. @param change - what its store does otherwise. */
  function connect(change: (store: SharedStore) => Partial<SharedStore> = () => ({})): SharedCache {
    const store = stores.connect();
    const listen = (given: StoreListener) => {
      listener = given;
      store.listen(given);
    };
    const cache = createSharedCache({ store: { ...store, listen, ...change(store) }, clock, random: () => 0 });
    onTestFinished(() => cache.close());
    return cache;
  }

  const read = () => ({
    ref: a,
    fromView: 1,
    nowMs: Math.ceil(clock.monotonicMs()),
    maxAgeMs: Number.POSITIVE_INFINITY,
    staleMs: 0,
  });
  const look = (cache: SharedCache) => cache.namespace(place).look(read());
  const lookFurther = async (cache: SharedCache) => await cache.namespace(place).lookFurther(read());

  /** Reads it from the vendor, and has it stored. */
  async function fetch(cache: SharedCache): Promise<void> {
    const namespace = cache.namespace(place);
    await namespace.lookFurther(read());
    using fill = namespace.beginFill(clock, [a]);
    fill.store(observationOf(a, { observedAt: clock.nowMs() }), usual);
    await new Promise(setImmediate);
  }

  it("keep no absence where another sent an action a moment ago", async () => {
    const [one, other] = [connect(), connect()];
    await one.namespace(place).acted({ ref: a, nowMs: clock.monotonicMs() });
    using fill = other.namespace(place).beginFill(clock, [a]);
    fill.storeAbsent(a);
    expect(look(other)).toBeUndefined();
  });

  it("take nothing from the store that they invalidated themselves, whether or not they hear of that", async () => {
    const one = connect();
    await fetch(one);
    const deaf = connect((store) => ({
      listen: ({ regained }) =>
        store.listen({ heard() {}, lost() {}, regained: (log) => regained({ ...log, entries: [...log.entries] }) }),
    }));
    await deaf.invalidate({ tenant: "acme" });
    expect(await lookFurther(deaf)).toBeUndefined();
  });

  it("answer for 5 s with what they have when words may be lost, and after that with nothing older", async () => {
    const cache = connect();
    await fetch(cache);
    clock.advance(60_000);
    listener.lost();
    clock.advance(4_000);
    expect(look(cache)).toBeDefined();
    clock.advance(1_000);
    expect(look(cache)).toBeUndefined();
    await fetch(cache);
    clock.advance(4_000);
    expect(look(cache)).toBeDefined();
    clock.advance(1_000);
    expect(look(cache)).toBeUndefined();
  });

  it("neither join nor keep, while words may be lost, a fetch that began more than 5 s ago", async () => {
    const cache = connect();
    listener.lost();
    clock.advance(5_001);
    using fill = cache.namespace(place).beginFill(clock, [a]);
    const observation = observationOf(a, { observedAt: clock.nowMs() });
    clock.advance(5_000);
    expect(fill.isCurrent(a)).toBe(true);
    clock.advance(1);
    expect(fill.isCurrent(a)).toBe(false);
    fill.store(observation, usual);
    expect(look(cache)).toBeUndefined();
  });

  it("do not take from the store, in between two promises, what is invalidated", async () => {
    const [one, other] = [connect(), connect()];
    await fetch(one);
    for (let turns = 0; turns < 20; turns += 1) {
      await fetch(one);
      const found = other.namespace(place).lookFurther(read());
      await new Promise<void>((resolve) => process.nextTick(resolve));
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      const invalidated = other.invalidate({ ref: a });
      expect(look(other)).toBeUndefined();
      await found;
      expect(look(other)).toBeUndefined();
      await invalidated;
    }
  });

  it("tell the others everything when more is invalidated at once than can wait", async () => {
    const [one, other] = [connect(), connect()];
    await fetch(other);
    const ids = Array.from({ length: 1_001 }, (_none, id) => thingRef(`${id}`));
    await Promise.all(ids.map((ref) => one.invalidate({ ref })));
    expect([one.use().shared?.untold, look(other)]).toEqual([0, undefined]);
  });

  it("tell an invalidation again that came while the same was being told", async () => {
    const answers: (() => void)[] = [];
    let isDown = false;
    const one = connect((store) => ({
      async invalidate(invalidation) {
        if (isDown) throw new SharedStoreError("it is full", { isDown: false });
        const told = await store.invalidate(invalidation);
        await new Promise<void>((resolve) => answers.push(resolve));
        return told;
      },
    }));
    const first = one.invalidate({ ref: a });
    await new Promise(setImmediate);
    isDown = true;
    const second = one.invalidate({ ref: a });
    await second;
    for (const answer of answers) answer();
    await first;
    expect(one.use().shared?.untold).toBe(1);
  });

  it("leave no timer when something is invalidated after they were closed", async () => {
    const cache = connect();
    await cache.close();
    await cache.invalidate({});
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ["store", () => undefined],
    ["store", () => null],
    ["store", () => ({})],
    ["store", () => ({ store: null })],
    ["store", () => ({ store: {} })],
    ["patienceMs", () => ({ store: stores.connect(), patienceMs: "5" })],
    ["patienceMs", () => ({ store: stores.connect(), patienceMs: null })],
    ["patienceMs", () => ({ store: stores.connect(), patienceMs: 0 })],
  ])("are not made of settings without a proper %s", (name, settings) => {
    expect(() => createSharedCache(settings() as SharedCacheSettings)).toThrow(
      expect.objectContaining({ reason: "ErrInvalidSettings", rawMessage: expect.stringContaining(name) }),
    );
  });
});
