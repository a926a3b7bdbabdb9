import { setImmediate } from "node:timers/promises";
import { background, type ListBatch, type ListPage } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, throttled } from "../test/errors.ts";
import { fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { onePerPage, pagedList } from "../test/paged-list.ts";
import { pagesOf } from "../test/pages.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const accountsOf = (ids: readonly string[]) =>
  ids.map((account) => ({ provider: "fake", partition: "-", account, regions: ["north"], role: "reader" }));

describe("leaving a list", () => {
  it("ends the provider's lists: those that wait to be asked, and those that wait for the vendor", async () => {
    const ended = { "1": Promise.withResolvers<boolean>(), "2": Promise.withResolvers<boolean>() };
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call }) => {
        if (call.scope.account === "1") return;
        return new Promise((_resolve, reject) => {
          call.ctx.signal.addEventListener("abort", () => reject(call.ctx.error()), { once: true });
        });
      },
      ended: ({ scope, ctx: { signal } }) => ended[scope.account as "1" | "2"].resolve(signal.aborted),
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2"]) });
    for await (const { items } of nexus.list(ctx, { kind: Thing })) {
      expect(items[0]?.value.id).toBe("1-0");
      break;
    }
    expect(await Promise.all([ended["1"].promise, ended["2"].promise])).toEqual([true, true]);
  });

  it("waits for no provider that does not end, or that fails to", async () => {
    for (const end of [
      () => new Promise<never>(() => {}),
      () => Promise.reject(new TypeError("stuck")),
      () => {
        throw new TypeError("stuck");
      },
      undefined,
    ]) {
      const clock = createManualClock();
      const value = { items: [observationOf(thingRef("a"), { observedAt: clock.nowMs() })], cursor: "1" };
      const batches = { next: async () => ({ done: false, value }), ...(end && { return: end }) };
      const list = () => ({ [Symbol.asyncIterator]: () => batches as never });
      const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1"]) });
      let pages = 0;
      for await (const { items } of nexus.list(background({ clock }), { kind: Thing })) {
        expect(items).toHaveLength(1);
        pages += 1;
        if (pages === 2) break;
      }
      expect(pages).toBe(2);
    }
  });

  it("ends it at once though a page is on its way, and whoever waits for that gets the end", async () => {
    const provider = fakeProvider({
      list: pagedList({ pagesOf: () => [[["a"]]], before: () => new Promise(() => {}) }),
    });
    const telemetry = fakeTelemetry();
    const accounts = accountsOf(["1"]);
    const stuck = createNexus({ providers: [provider], accounts, telemetry });
    const lost = createNexus({
      providers: [provider],
      accounts: { list: () => new Promise(() => {}), find: () => undefined },
    });
    const pages = stuck.list(ctx, { kind: Thing })[Symbol.asyncIterator]();
    const next = pages.next();
    await provider.whenCalled(1);
    expect(await pages.return?.()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await pages.next()).toEqual({ done: true, value: undefined });
    expect(provider.requests[0]?.call.ctx.error()?.code).toBe("canceled");
    expect(telemetry.calls.map(({ code }) => code)).toEqual(["ok"]);

    const planned = lost.list(ctx, { kind: Thing })[Symbol.asyncIterator]();
    const first = planned.next();
    await planned.return?.();
    expect((await first).done).toBe(true);
    const unread = stuck.list(ctx, { kind: Thing })[Symbol.asyncIterator]();
    await unread.return?.();
    expect((await unread.next()).done).toBe(true);
    expect(provider.requests).toHaveLength(1);
  });

  it("ends a part that waits to be tried again", async () => {
    const clock = createManualClock();
    const waiting = Promise.withResolvers<void>();
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call }) => {
        if (call.scope.account === "2") throw throttled(5_000);
      },
    });
    const telemetry = fakeTelemetry({ retry: () => waiting.resolve() });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2"]), telemetry });
    for await (const _page of nexus.list(background({ clock }), { kind: Thing })) {
      await waiting.promise;
      break;
    }
    await setImmediate();
    expect(clock.pendingTimers).toBe(0);
  });

  it("asks nothing more of a provider that notices nothing", async () => {
    let asked = 0;
    const arriving = Promise.withResolvers<void>();
    const next = async (): Promise<IteratorResult<ListBatch<Thing>>> => {
      asked += 1;
      await arriving.promise;
      return { done: false, value: { items: [] } };
    };
    const provider = fakeProvider({ list: () => ({ [Symbol.asyncIterator]: () => ({ next }) }) });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1"]) });
    const canceled = ctx.withCancel();
    const failed = failureOf(pagesOf(nexus.list(canceled, { kind: Thing })));
    await provider.whenCalled(1);
    canceled.cancel();
    expect((await failed).code).toBe("canceled");
    arriving.resolve();
    await setImmediate();
    expect(asked).toBe(1);
  });

  it("by cancellation hands out nothing more, though some of it has arrived", async () => {
    const list = pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 3) });
    const gate = Promise.withResolvers<void>();
    const held = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call }) => (call.scope.account === "2" ? gate.promise : undefined),
    });
    for (const [given, accounts] of [
      [held, ["1", "2"]],
      [list, ["1"]],
    ] as const) {
      const canceled = ctx.withCancel();
      const nexus = createNexus({ providers: [fakeProvider({ list: given })], accounts: accountsOf(accounts) });
      const pages = nexus.list(canceled, { kind: Thing })[Symbol.asyncIterator]();
      expect((await pages.next()).done).toBe(false);
      gate.resolve();
      await setImmediate();
      canceled.cancel();
      expect((await failureOf(pages.next())).code).toBe("canceled");
    }
  });

  it("by cancellation while it waits rejects, and hands out no page of problems", async () => {
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 1),
      before: ({ call }) => (call.scope.account === "1" ? undefined : new Promise<never>(() => {})),
    });
    const canceled = ctx.withCancel();
    const provider = fakeProvider({ list });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1", "2"]) });
    const pages = nexus.list(canceled, { kind: Thing })[Symbol.asyncIterator]();
    expect((await pages.next()).done).toBe(false);
    const second = failureOf(pages.next());
    await setImmediate();
    canceled.cancel();
    expect((await second).code).toBe("canceled");
  });

  it("by cancellation, deadline or close rejects with the reason, and takes nothing for a problem of an account", async () => {
    const never = pagedList({ pagesOf: () => [[["a"]]], before: () => new Promise<never>(() => {}) });
    const clock = createManualClock();
    const provider = fakeProvider({ list: never });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1", "2"]) });
    const canceled = background({ clock }).withCancel();
    const first = failureOf(pagesOf(nexus.list(canceled, { kind: Thing })));
    await provider.whenCalled(2);
    canceled.cancel();
    expect((await first).code).toBe("canceled");
    const second = failureOf(pagesOf(nexus.list(background({ clock }).withTimeout(50), { kind: Thing })));
    await provider.whenCalled(4);
    clock.advance(50);
    expect((await second).code).toBe("deadline_exceeded");
    const third = failureOf(pagesOf(nexus.list(background({ clock }), { kind: Thing })));
    await provider.whenCalled(6);
    await nexus.close();
    expect(await third).toMatchObject({ code: "canceled", origin: "kernel" });
  });

  it("at its end is no failure, however long the consumer took over the last page", async () => {
    const clock = createManualClock();
    const nexus = createNexus({ providers: [fakeProvider({ list: pagedList({ pagesOf: () => [[["a"]]] }) })] });
    const pages = nexus.list(background({ clock }).withTimeout(50), { kind: Thing })[Symbol.asyncIterator]();
    expect(((await pages.next()).value as ListPage<Thing>).nextPageToken).toBeUndefined();
    clock.advance(60);
    expect((await pages.next()).done).toBe(true);
  });
});

describe("the deadline of a list", () => {
  const held = (slow: readonly string[], pages = 1) =>
    pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, pages),
      before: ({ call }) => (slow.includes(call.scope.account) ? new Promise<never>(() => {}) : undefined),
    });

  it("ends it with what was read, and declares every part that was not, in the last page", async () => {
    const clock = createManualClock();
    const ids = ["1", "2", "3", "4", "5"];
    // One is read, two are being read when it comes, and two wait.
    const provider = fakeProvider({ list: held(["2", "3", "4", "5"]) });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(ids), concurrency: 2 });
    const pages = nexus.list(background({ clock }).withTimeout(200), { kind: Thing })[Symbol.asyncIterator]();
    const first: ListPage<Thing> = (await pages.next()).value;
    expect(first.items.map(({ value }) => value.id)).toEqual(["1-0"]);
    const next = pages.next();
    await provider.whenCalled(3);
    clock.advance(200);
    const last: ListPage<Thing> = (await next).value;
    expect(last.problems.map(({ account, error }) => [account, error.code, error.traceId === last.traceId])).toEqual(
      ["4", "5", "2", "3"].map((account) => [account, "deadline_exceeded", true]),
    );
    expect(last.nextPageToken).toBeUndefined();
    expect((await pages.next()).done).toBe(true);
    expect(provider.requests).toHaveLength(3);
  });

  it("hands out what had arrived when it came, though nobody had asked for it yet", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ list: pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 3) }) });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1"]) });
    const pages = nexus.list(background({ clock }).withTimeout(200), { kind: Thing })[Symbol.asyncIterator]();
    await pages.next();
    const second: ListPage<Thing> = (await pages.next()).value;
    expect(second.items.map(({ value }) => value.id)).toEqual(["1-1"]);
    await setImmediate();
    clock.advance(200);
    const last: ListPage<Thing> = (await pages.next()).value;
    expect(last.problems.map(({ account, error }) => [account, error.code])).toEqual([["1", "deadline_exceeded"]]);
    expect((await pages.next()).done).toBe(true);
  });

  it("rejects when it comes before anything was read, though a part had failed by something else", async () => {
    const clock = createManualClock();
    const broken = held(["2"]);
    const list = async function* (...request: Parameters<typeof broken>) {
      if (request[0].scope.account === "1") throw new TypeError("broken");
      yield* broken(...request);
    };
    const provider = fakeProvider({ list });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1", "2"]) });
    const failed = failureOf(pagesOf(nexus.list(background({ clock }).withTimeout(50), { kind: Thing })));
    await provider.whenCalled(2);
    await setImmediate();
    clock.advance(50);
    expect((await failed).code).toBe("deadline_exceeded");
  });
});

describe("the time of a list", () => {
  it("is the default for each page where the context has no deadline: one slow account is a problem of its own", async () => {
    const clock = createManualClock();
    const held = Promise.withResolvers<never>();
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call, page }) => (call.scope.account === "2" && page === 2 ? held.promise : undefined),
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2"]) });
    const problems: unknown[] = [];
    const ids: string[] = [];
    const pages = nexus.list(background({ clock }), { kind: Thing })[Symbol.asyncIterator]();
    for (;;) {
      const next = pages.next();
      const isHeld = ids.length === 5;
      if (isHeld) clock.advance(10_000);
      const { done, value } = await next;
      if (done === true) break;
      ids.push(...value.items.map((item: { value: Thing }) => item.value.id));
      problems.push(
        ...value.problems.map(({ account, error }: { account: string; error: { code: string } }) => [
          account,
          error.code,
        ]),
      );
      // A slow consumer costs no part its time.
      if (ids.length < 5) clock.advance(9_999);
    }
    expect([...ids].sort()).toEqual(["1-0", "1-1", "1-2", "2-0", "2-1"]);
    expect(problems).toEqual([["2", "deadline_exceeded"]]);
  });

  it("ends what a part that ran out of time had under way, while the rest goes on", async () => {
    const clock = createManualClock();
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call }) => (call.scope.account === "2" ? new Promise<never>(() => {}) : undefined),
    });
    const provider = fakeProvider({ list });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1", "2"]) });
    const slow = () => provider.requests.find(({ call }) => call.scope.account === "2")?.call.ctx.error()?.code;
    const pages = nexus.list(background({ clock }), { kind: Thing })[Symbol.asyncIterator]();
    await pages.next();
    expect(slow()).toBeUndefined();
    clock.advance(10_000);
    await setImmediate();
    expect(slow()).toBe("canceled");
    const { value } = await pages.next();
    expect((value as ListPage<Thing>).nextPageToken).toBeDefined();
  });
});
