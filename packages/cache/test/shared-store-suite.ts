import { createScope } from "@cloudlink/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Invalidation, refOf } from "../src/shared/invalidation.ts";
import type {
  SharedStore,
  StoreFinding,
  StoreLog,
  StoreRead,
  StoreWord,
  StoreWrite,
} from "../src/shared/shared-store.ts";
import { thingRef } from "./thing.ts";

/** How a store comes into the suite: each connection stands for a process. */
export interface StoreUnderTest {
  connect(): SharedStore | Promise<SharedStore>;
}

/** A process's store, with what it heard. */
interface Connected {
  readonly store: SharedStore;
  readonly words: StoreWord[];
  /** Settles with the first word, said before or after, that is one. */
  hears(isIt: (word: StoreWord) => boolean): Promise<StoreWord>;
  readonly log: StoreLog;
}

const place = "fake/-/1/north/test.Thing";
const keyOf = (id: string) => thingRef(id).key;
const holder = "acme/reader 1";

/** What every store has to do, whatever it is made of. Each case uses resources of its own. */
export function sharedStoreSuite(underTest: () => StoreUnderTest): void {
  async function connected(): Promise<Connected> {
    const store = await underTest().connect();
    onTestFinished(() => store.close());
    const words: StoreWord[] = [];
    const waiting = new Set<() => void>();
    const log = await new Promise<StoreLog>((resolve) => {
      store.listen({
        heard(word) {
          words.push(word);
          for (const look of waiting) look();
        },
        lost() {},
        regained: resolve,
      });
    });
    const hears = (isIt: (word: StoreWord) => boolean) =>
      new Promise<StoreWord>((resolve) => {
        const look = () => {
          const word = words.find(isIt);
          if (word === undefined) return;
          waiting.delete(look);
          resolve(word);
        };
        waiting.add(look);
        look();
      });
    return { store, words, hears, log };
  }

  const readOf = (ref: string, read: Partial<StoreRead> = {}): StoreRead => ({
    ref,
    holder,
    views: ["narrow", "wide"],
    limitMs: 60_000,
    claimMs: 0,
    ...read,
  });

  async function look(store: SharedStore, read: StoreRead): Promise<StoreFinding> {
    const { findings } = await store.read(place, [read]);
    return findings[0] as StoreFinding;
  }

  /** The resource's position, and the store's clock, as they are now. */
  async function now(store: SharedStore, ref = keyOf("nothing")) {
    const { nowMs, findings } = await store.read(place, [readOf(ref)]);
    const [finding] = findings as [StoreFinding];
    return { nowMs, position: finding.state === "taken" ? undefined : finding.position };
  }

  /** @returns whether it was taken. */
  async function put(store: SharedStore, write: { readonly ref: string } & Partial<StoreWrite>): Promise<boolean> {
    const { position, nowMs } = await now(store, write.ref);
    const entry = { holder, view: "narrow", value: "{}", seenAtMs: nowMs, usualMs: 1_000, position, ...write };
    const [outcome] = await store.write(place, [entry]);
    return outcome?.isTaken === true;
  }

  const refOnly = (id: string): Invalidation => ({ type: "selection", selection: { ref: thingRef(id) } });

  describe("what is stored", () => {
    it("is found by every process, with when it was seen", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("found");
      const { nowMs } = await now(one.store);
      expect(await put(one.store, { ref, value: '["ä\\n"]', seenAtMs: nowMs - 1_000 })).toBe(true);
      const { position } = await now(one.store, ref);
      const found = { state: "found", value: '["ä\\n"]', seenAtMs: nowMs - 1_000, position };
      expect(position).toBeGreaterThan(0);
      expect([await look(one.store, readOf(ref)), await look(other.store, readOf(ref))]).toEqual([found, found]);
    });

    it("is found for its holder alone, and by its view", async () => {
      const { store } = await connected();
      const ref = keyOf("held");
      await put(store, { ref, view: "narrow" });
      for (const read of [{ holder: "acme/reader 2" }, { holder: "acme/admin 1" }, { views: ["wide"] }]) {
        expect(await look(store, readOf(ref, read))).toMatchObject({ state: "free", claimed: false });
      }
      expect((await look(store, readOf(ref))).state).toBe("found");
    });

    it("is the youngest of the views that will do, and never replaced by an older one", async () => {
      const { store } = await connected();
      const ref = keyOf("views");
      const { nowMs } = await now(store);
      await put(store, { ref, view: "narrow", value: "young", seenAtMs: nowMs - 10 });
      await put(store, { ref, view: "wide", value: "old", seenAtMs: nowMs - 500 });
      await put(store, { ref, view: "narrow", value: "late", seenAtMs: nowMs - 400 });
      expect(await look(store, readOf(ref))).toMatchObject({ value: "young" });
      expect(await look(store, readOf(ref, { views: ["wide"] }))).toMatchObject({ value: "old" });
    });

    it("answers by the age that is asked for, or what is usual for it", async () => {
      const { store } = await connected();
      const [usual, unusual] = [keyOf("usual"), keyOf("unusual")];
      const { nowMs } = await now(store);
      await put(store, { ref: usual, seenAtMs: nowMs - 50_000, usualMs: 60_000 });
      await put(store, { ref: unusual, seenAtMs: nowMs - 50_000, usualMs: 1_000 });
      const states = async (read: Partial<StoreRead>) => [
        (await look(store, readOf(usual, read))).state,
        (await look(store, readOf(unusual, read))).state,
      ];
      expect(await states({ limitMs: undefined })).toEqual(["found", "free"]);
      expect(await states({ limitMs: 49_999 })).toEqual(["free", "free"]);
      expect(await states({ limitMs: 55_000 })).toEqual(["found", "found"]);
      expect(await states({ limitMs: Number.POSITIVE_INFINITY })).toEqual(["found", "found"]);
    });

    it("is found in the order of the reads", async () => {
      const { store } = await connected();
      const refs = ["a", "b", "c"].map((id) => keyOf(`many-${id}`));
      const { nowMs } = await now(store);
      const writes = refs.map((ref, index) => ({
        ref,
        holder,
        view: "wide",
        value: String(index),
        seenAtMs: nowMs,
        usualMs: 0,
        position: undefined,
      }));
      const outcomes = await store.write(place, writes);
      expect(outcomes.map(({ isTaken }) => isTaken)).toEqual([true, true, true]);
      const positions = await Promise.all(refs.map(async (ref) => (await now(store, ref)).position));
      expect(outcomes.map(({ position }) => position)).toEqual(positions);
      const { findings } = await store.read(
        place,
        [...refs, keyOf("many-d")].map((ref) => readOf(ref)),
      );
      expect(findings.map((finding) => (finding.state === "found" ? finding.value : finding.state))).toEqual([
        "0",
        "1",
        "2",
        "free",
      ]);
    });
  });

  describe("the fence", () => {
    it("refuses what was fetched before an invalidation, from whatever process, and nothing else", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("fenced");
      await put(one.store, { ref, value: "before" });
      const { position } = await now(one.store, ref);
      await other.store.invalidate(refOnly("fenced"));
      expect((await look(one.store, readOf(ref))).state).toBe("free");
      expect(await put(one.store, { ref, value: "late", position })).toBe(false);
      expect((await look(one.store, readOf(ref))).state).toBe("free");
      expect(await put(one.store, { ref, value: "anew" })).toBe(true);
      expect(await look(other.store, readOf(ref))).toMatchObject({ value: "anew" });
    });

    it("holds for what was never stored before, and for every holder", async () => {
      const { store } = await connected();
      const ref = keyOf("unheard-of");
      await store.invalidate(refOnly("unheard-of"));
      for (const each of [holder, "other/admin 1"]) {
        expect(await put(store, { ref, holder: each, position: undefined })).toBe(false);
      }
      expect(await put(store, { ref })).toBe(true);
    });

    it("keeps back who does not know where a resource stands, unless nothing is known of it", async () => {
      const { store } = await connected();
      const ref = keyOf("not-looked-at");
      expect(await put(store, { ref, value: "first", position: undefined })).toBe(true);
      const { position } = await now(store, ref);
      const entry = { ref, holder, view: "narrow", seenAtMs: 1, usualMs: 1, value: "second", position: undefined };
      expect(await store.write(place, [entry])).toEqual([{ isTaken: false, position }]);
      expect(await put(store, { ref, value: "third" })).toBe(true);
    });

    it("stands where a lease was taken", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("leased-first");
      const mine = await look(one.store, readOf(ref, { claimMs: 20_000 }));
      const position = mine.state === "free" ? mine.position : undefined;
      expect(position).toBeGreaterThan(0);
      await other.store.invalidate(refOnly("leased-first"));
      expect(await put(one.store, { ref, position })).toBe(false);
    });

    it("by a change, forgets what was seen before it alone", async () => {
      const { store } = await connected();
      const ref = thingRef("changed");
      const { nowMs } = await now(store);
      await put(store, { ref: ref.key, view: "narrow", value: "old", seenAtMs: nowMs - 30_000 });
      await put(store, { ref: ref.key, view: "wide", value: "young", seenAtMs: nowMs - 1_000 });
      await store.invalidate({ type: "change", change: { ref, occurredAt: Date.now() - 10_000 } });
      expect(await look(store, readOf(ref.key))).toMatchObject({ value: "young" });
      expect((await look(store, readOf(ref.key, { views: ["narrow"] }))).state).toBe("free");
    });
  });

  describe("leases", () => {
    const claim = (ref: string, read: Partial<StoreRead> = {}) => readOf(ref, { claimMs: 20_000, ...read });
    const isEndOf = (ref: string) => (word: StoreWord) => word.type === "ended" && word.ref === ref;

    it("are one process's at a time, and its own again", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("leased");
      expect(await look(one.store, claim(ref))).toMatchObject({ state: "free", claimed: true });
      const taken = await look(other.store, claim(ref));
      expect(taken).toMatchObject({ state: "taken" });
      expect(taken.state === "taken" && taken.leaseMs > 10_000 && taken.leaseMs <= 20_000).toBe(true);
      expect(await look(one.store, claim(ref))).toMatchObject({ state: "free", claimed: true });
      expect(await look(other.store, claim(ref, { holder: "other/reader 1" }))).toMatchObject({
        state: "free",
        claimed: true,
      });
    });

    it("end when what was fetched is stored, and whoever waits is told", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("stored");
      await look(one.store, claim(ref));
      await look(other.store, claim(ref));
      await put(one.store, { ref });
      expect(await other.hears(isEndOf(ref))).toEqual({ type: "ended", ref, holder });
      expect((await look(other.store, claim(ref))).state).toBe("found");
    });

    it("end when they are given back, by whom they belong to alone", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("given-back");
      await look(one.store, claim(ref));
      await look(other.store, claim(ref));
      await other.store.release(place, [{ ref, holder }]);
      expect((await look(other.store, claim(ref))).state).toBe("taken");
      await one.store.release(place, [{ ref, holder }]);
      await other.hears(isEndOf(ref));
      expect(await look(other.store, claim(ref))).toMatchObject({ state: "free", claimed: true });
    });

    it("are not followed by who needs a fetch that began later", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("too-old");
      await look(one.store, claim(ref));
      const { nowMs } = await now(one.store);
      while ((await now(one.store)).nowMs === nowMs);
      expect(await look(other.store, claim(ref, { limitMs: 0 }))).toMatchObject({ state: "free", claimed: true });
    });

    it("run out, unless they are renewed in time", async () => {
      const [one, other] = [await connected(), await connected()];
      const [renewed, left] = [keyOf("renewed"), keyOf("left")];
      const short = { claimMs: 200 };
      await one.store.read(place, [claim(renewed, short), claim(left, short)]);
      await one.store.renew(place, [{ ref: renewed, holder }], 20_000);
      while ((await look(other.store, claim(left))).state === "taken");
      expect((await look(other.store, claim(renewed))).state).toBe("taken");
    });

    it("are over for what was invalidated", async () => {
      const [one, other] = [await connected(), await connected()];
      const ref = keyOf("overtaken");
      await look(one.store, claim(ref));
      await one.store.invalidate(refOnly("overtaken"));
      expect(await look(other.store, claim(ref))).toMatchObject({ state: "free", claimed: true });
    });
  });

  describe("words", () => {
    it("of an invalidation reach the others, and not who said it", async () => {
      const [one, other] = [await connected(), await connected()];
      const change: Invalidation = { type: "change", change: { ref: thingRef("told"), occurredAt: 5 } };
      await one.store.invalidate(refOnly("told"));
      await one.store.invalidate({ type: "action", ref: thingRef("told") });
      await one.store.invalidate(change);
      await other.hears((word) => word.type === "invalidated" && word.invalidation.type === "change");
      // Of a cluster, what an earlier case said may come by late.
      const heard = ({ words }: Connected) =>
        words.flatMap((word) =>
          word.type === "invalidated" && refOf(word.invalidation)?.key === keyOf("told") ? word.invalidation : [],
        );
      const ref = { key: keyOf("told") };
      expect(heard(other)).toMatchObject([
        { type: "selection", selection: { ref } },
        { type: "action", ref },
        { type: "change", change: { ref, occurredAt: 5 } },
      ]);
      expect(heard(one)).toEqual([]);
    });

    it("of more than one resource are logged, in an order that shows a gap", async () => {
      const [one, other] = [await connected(), await connected()];
      const scope = createScope({
        tenant: 'a"{}b',
        provider: "fake",
        partition: "-",
        account: "1",
        role: "r",
        region: "north",
      });
      const selections = [{ tenant: "tenant-1" }, { scope }, { tags: { stage: "ä" } }];
      for (const selection of selections) await one.store.invalidate({ type: "selection", selection });
      const isLast = (word: StoreWord) =>
        word.type === "logged" &&
        word.entry.invalidation.type === "selection" &&
        word.entry.invalidation.selection.tags?.stage === "ä";
      await Promise.all([one.hears(isLast), other.hears(isLast)]);
      const logged = (heard: readonly StoreWord[]) => heard.flatMap((word) => (word.type === "logged" ? word : []));
      expect(logged(one.words).map(({ isOwn }) => isOwn)).toEqual([true, true, true]);
      const [first, second, third] = logged(other.words);
      expect([first?.isOwn, second?.isOwn, third?.isOwn]).toEqual([false, false, false]);
      expect(second?.entry.previous).toBe(first?.entry.position);
      expect(third?.entry.previous).toBe(second?.entry.position);
      expect(second?.entry.invalidation).toEqual({ type: "selection", selection: { scope } });
      const { log } = await connected();
      expect(log.position).toBe(third?.entry.position);
      expect(log.entries.slice(-3)).toEqual([first?.entry, second?.entry, third?.entry]);
    });
  });
}
