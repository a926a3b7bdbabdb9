import { createLocalStores, createSharedCache, type SharedStore, SharedStoreError } from "@cloudlink/cache";
import { background, type Context } from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createNexus, type Nexus } from "../src/index.ts";
import { asked, type HoldingProvider, holdingProvider, settled } from "./cached-kernel.ts";
import { failureOf, refused } from "./errors.ts";
import { Thing, thingRef } from "./thing.ts";

interface Replica {
  readonly nexus: Nexus;
  readonly vendor: HoldingProvider;
}

const ref = thingRef("a");
const recent = { kind: Thing, ref, maxAgeMs: 60_000 };

describe("a replica that needs what another one is fetching", () => {
  let clock: ManualClock;
  let ctx: Context;
  let stores: { connect(): SharedStore };

  beforeEach(() => {
    clock = createManualClock();
    ctx = background({ clock }).withTenant("acme").withTimeout(10_000);
    stores = createLocalStores({ clock });
  });

  function replica(change: (store: SharedStore) => Partial<SharedStore> = () => ({})): Replica {
    const store = stores.connect();
    const cache = createSharedCache({ store: { ...store, ...change(store) }, clock, random: () => 0 });
    const vendor = holdingProvider();
    const accounts = [{ provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" }];
    const nexus = createNexus({ providers: [vendor], accounts, cache });
    onTestFinished(async () => {
      await nexus.close();
      await cache.close();
    });
    return { nexus, vendor };
  }

  /** Time passes, and what it brings is done before the next part of it. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(Math.min(50, left));
      await settled();
    }
  }

  /** A read that has reached its vendor, and is held there. */
  async function held({ nexus, vendor }: Replica) {
    const read = nexus.get(ctx, recent);
    await vendor.whenCalled(1);
    return read;
  }

  it("asks by itself when that left nothing, and waits for no third", async () => {
    const [first, ...others] = [replica(), replica(), replica(), replica()] as const;
    const failing = failureOf(held(first));
    await first.vendor.whenCalled(1);
    const reads = others.map(({ nexus }) => nexus.get(ctx, recent));
    await settled();
    expect(others.flatMap(({ vendor }) => asked(vendor))).toEqual([]);
    first.vendor.held[0]?.fail(refused("ErrCredentialsInvalid"));
    expect((await failing).code).toBe("unauthenticated");
    await settled();
    // None of them was answered yet.
    expect(others.map(({ vendor }) => vendor.held.length)).toEqual([1, 1, 1]);
    for (const { vendor } of others) vendor.held[0]?.answer();
    for (const read of reads) expect((await read).freshness.source).toBe("live");
  });

  it("takes what was fetched though that took longer than it may be old, and says its true age", async () => {
    const [first, other] = [replica(), replica()];
    const read = held(first);
    await first.vendor.whenCalled(1);
    const followed = other.nexus.get(ctx, { ...recent, maxAgeMs: 250 });
    await pass(300);
    first.vendor.held[0]?.answer();
    await read;
    expect((await followed).freshness).toMatchObject({ source: "redis", ageMs: expect.closeTo(300, -1) });
    expect(asked(other.vendor)).toEqual([]);
  });

  it("follows for half of its time, and has the rest for its own vendor, or for what is old", async () => {
    const [first, other] = [replica(), replica()];
    const before = other.nexus.get(ctx, recent);
    await other.vendor.whenCalled(1);
    other.vendor.held[0]?.answer();
    await before;
    await pass(1_000);
    const hanging = failureOf(first.nexus.get(ctx, { ...recent, maxAgeMs: 500 }));
    await first.vendor.whenCalled(1);
    const followed = other.nexus.get(ctx.withTimeout(8_000), { ...recent, maxAgeMs: 500, staleIfErrorMs: 60_000 });
    await settled();
    expect(other.vendor.held).toHaveLength(1);
    // A wait gets its end when it turns out to last, by the system's time.
    const reached = async () => {
      await pass(500);
      return other.vendor.held.length;
    };
    await expect.poll(reached).toBe(2);
    await pass(8_000);
    expect((await followed).freshness.source).toBe("memory");
    first.vendor.held[0]?.fail(refused("ErrCredentialsInvalid"));
    await hanging;
  });

  it("takes no lease for a caller who has left", async () => {
    const [first, other, third] = [replica(), replica(), replica()];
    const failing = failureOf(held(first));
    await first.vendor.whenCalled(1);
    const gone = failureOf(other.nexus.get(ctx.withTimeout(50), recent));
    await settled();
    const over = async () => {
      await pass(50);
      return await Promise.race([gone.then(({ code }) => code), settled()]);
    };
    await expect.poll(over).toBe("deadline_exceeded");
    first.vendor.held[0]?.fail(refused("ErrCredentialsInvalid"));
    await failing;
    await settled();
    const read = third.nexus.get(ctx, recent);
    await settled();
    expect(third.vendor.held).toHaveLength(1);
    third.vendor.held[0]?.answer();
    await read;
  });

  it("waits for no word once the store is known to be away", async () => {
    let isAway = false;
    const [first, other] = [
      replica(),
      replica((store) => ({
        async read(place, reads) {
          if (isAway) throw new SharedStoreError("it is away", { isDown: true });
          return await store.read(place, reads);
        },
      })),
    ];
    const read = held(first);
    await first.vendor.whenCalled(1);
    const followed = other.nexus.get(ctx, recent);
    await settled();
    isAway = true;
    const another = other.nexus.get(ctx, { ...recent, ref: thingRef("b") });
    await settled();
    expect(asked(other.vendor).join(" ")).toMatch(/a/);
    for (const each of other.vendor.held) each.answer();
    await Promise.all([followed, another]);
    first.vendor.held[0]?.answer();
    await read;
  });

  it("sends off the rest of a getMany", async () => {
    const [first, other] = [replica(), replica()];
    const read = held(first);
    await first.vendor.whenCalled(1);
    const refs = [ref, thingRef("b"), thingRef("c")];
    const many = other.nexus.getMany(ctx, { kind: Thing, refs, maxAgeMs: 60_000 });
    await pass(50);
    expect(asked(other.vendor)).toEqual(["getMany b c"]);
    other.vendor.held[0]?.answer();
    first.vendor.held[0]?.answer();
    await read;
    expect((await many).outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it("has what is stale renewed by that, too", async () => {
    const [first, other] = [replica(), replica()];
    const stale = { ...recent, maxAgeMs: 1_000, staleWhileRevalidateMs: 60_000 };
    const read = held(first);
    await first.vendor.whenCalled(1);
    first.vendor.held[0]?.answer();
    await read;
    await other.nexus.get(ctx, stale);
    await pass(2_000);
    await first.nexus.get(ctx, stale);
    await first.vendor.whenCalled(2);
    for (let again = 0; again < 3; again += 1) {
      expect((await other.nexus.get(ctx, stale)).freshness.source).toBe("memory");
      await settled();
    }
    first.vendor.held[1]?.answer();
    await settled();
    expect((await other.nexus.get(ctx, stale)).freshness.ageMs).toBeLessThan(1_000);
    expect(asked(other.vendor)).toEqual([]);
  });
});
