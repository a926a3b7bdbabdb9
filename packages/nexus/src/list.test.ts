import { setImmediate } from "node:timers/promises";
import { background, type ListPage } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf, refused } from "../test/errors.ts";
import { fakeCredentials, fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { onePerPage, pagedList } from "../test/paged-list.ts";
import { listedIds, pagesOf } from "../test/pages.ts";
import { Thing } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const accountsOf = (ids: readonly string[], regions: readonly string[] = ["north"]) =>
  ids.map((account) => ({ provider: "fake", partition: "-", account, regions, role: "reader" }));

describe("list", () => {
  it("looks in every account and region, each once", async () => {
    const list = pagedList({ pagesOf: ({ scope }) => onePerPage(`${scope.account}${scope.region}`, 2) });
    const provider = fakeProvider({ list });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1", "2"], ["north", "south"]) });
    const ids = await listedIds(nexus.list(ctx, { kind: Thing }));
    const places = ["1north", "1south", "2north", "2south"];
    expect([...ids].sort()).toEqual(places.flatMap((place) => [`${place}-0`, `${place}-1`]));
    expect(provider.requests).toHaveLength(4);
  });

  it("hands out the first items before the slowest account has answered", async () => {
    const gate = Promise.withResolvers<void>();
    const before = ({ call }: { call: { scope: { account: string } } }) =>
      call.scope.account === "2" ? gate.promise : undefined;
    const list = pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 2), before });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2"]) });
    const pages = nexus.list(ctx, { kind: Thing })[Symbol.asyncIterator]();
    const first = [await pages.next(), await pages.next()];
    expect(first.map(({ value }) => (value as ListPage<Thing>).items[0]?.value.id)).toEqual(["1-0", "1-1"]);
    gate.resolve();
    expect(((await pages.next()).value as ListPage<Thing>).items[0]?.value.id).toBe("2-0");
  });

  it("reads no more parts at once than the kernel's concurrency, and that many", async () => {
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    let running = 0;
    let most = 0;
    let begun = 0;
    const before = async () => {
      const gate = gates[begun];
      begun += 1;
      running += 1;
      most = Math.max(most, running);
      await gate?.promise;
      running -= 1;
    };
    const provider = fakeProvider({ list: pagedList({ pagesOf: ({ scope }) => [[[scope.account]]], before }) });
    const accounts = accountsOf(["1", "2", "3", "4", "5", "6"]);
    const ids = listedIds(createNexus({ providers: [provider], accounts, concurrency: 3 }).list(ctx, { kind: Thing }));
    for (const [index, gate] of gates.entries()) {
      await provider.whenCalled(Math.min(6, index + 3));
      gate.resolve();
    }
    expect([...(await ids)].sort()).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(most).toBe(3);
  });

  it("fetches nothing the consumer has not asked for, beyond one page of each part that is read at once", async () => {
    for (const [parts, concurrency] of [
      [1, 8],
      [5, 2],
    ] as const) {
      let fetched = 0;
      let handed = 0;
      const before = () => {
        fetched += 1;
        // Those that arrived and are about to be handed out, and those that are being read.
        expect(fetched - handed).toBeLessThanOrEqual(2 * concurrency);
      };
      const list = pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 10), before });
      const accounts = accountsOf(Array.from({ length: parts }, (_, index) => String(index)));
      const nexus = createNexus({ providers: [fakeProvider({ list })], accounts, concurrency });
      for await (const { items } of nexus.list(ctx, { kind: Thing })) {
        handed += items.length;
        if (parts === 1) expect(fetched).toBe(handed);
      }
      expect(handed).toBe(parts * 10);
    }
  });

  it("finishes what is half read before it begins another part", async () => {
    const list = pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 2) });
    const nexus = createNexus({
      providers: [fakeProvider({ list })],
      accounts: accountsOf(["1", "2"]),
      concurrency: 1,
    });
    expect(await listedIds(nexus.list(ctx, { kind: Thing }))).toEqual(["1-0", "1-1", "2-0", "2-1"]);
  });

  it("ends with a page that has no token, though nothing was found", async () => {
    for (const where of [{ state: "nowhere" }, {}]) {
      const list = pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 3) });
      const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2"]) });
      const pages = await pagesOf(nexus.list(ctx, { kind: Thing, where }));
      expect(pages.map(({ nextPageToken }) => typeof nextPageToken)).toEqual([
        ...pages.slice(1).map(() => "string"),
        "undefined",
      ]);
      expect(pages.at(-1)?.stats.vendorCalls).toBe(2);
    }
  });

  it("matches once more what a provider was to filter, in fields and tags", async () => {
    const list = pagedList({ pagesOf: () => [[["a", "b"]], [["c"]]] });
    const provider = fakeProvider({
      list: async function* (call, request) {
        for await (const { items, ...batch } of list(call, request)) {
          const tagged = items.map((item) => ({ ...item, value: { ...item.value, tags: { team: item.value.id } } }));
          yield { ...batch, items: tagged };
        }
      },
    });
    const nexus = createNexus({ providers: [provider] });
    expect(await listedIds(nexus.list(ctx, { kind: Thing, tags: { team: ["a", "c"] } }))).toEqual(["a", "c"]);
    expect(await listedIds(nexus.list(ctx, { kind: Thing, tags: { team: "b" }, where: { state: "running" } }))).toEqual(
      ["b"],
    );
    expect(await listedIds(nexus.list(ctx, { kind: Thing, tags: { team: "b" }, where: { state: "off" } }))).toEqual([]);
    expect(provider.requests).toContainEqual(
      expect.objectContaining({
        method: "list",
        request: { view: "standard", filter: { where: { state: ["off"] }, tags: { team: ["b"] } }, pageSize: 1000 },
      }),
    );
  });

  it("tells telemetry once, also when the consumer leaves", async () => {
    const telemetry = fakeTelemetry();
    const list = pagedList({ pagesOf: () => onePerPage("a", 3) });
    const nexus = createNexus({ providers: [fakeProvider({ list })], telemetry });
    for await (const _page of nexus.list(ctx, { kind: Thing })) break;
    await failureOf(pagesOf(nexus.list(ctx, { kind: Thing, accounts: ["2"] })));
    expect(telemetry.calls.map(({ operation, provider, code }) => [operation, provider, code])).toEqual([
      ["list", "*", "ok"],
      ["list", "*", "invalid_argument"],
    ]);
  });
});

describe("a part of a list that fails", () => {
  const failing = (accounts: readonly string[]) =>
    pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 2),
      before: ({ call, page }) => {
        if (accounts.includes(call.scope.account) && page === 1) throw new TypeError("broken");
      },
    });

  it("is declared, with its place and trace, while the rest goes on", async () => {
    const nexus = createNexus({
      providers: [fakeProvider({ list: failing(["2"]) })],
      accounts: accountsOf(["1", "2", "3"]),
    });
    const pages = await pagesOf(nexus.list(ctx, { kind: Thing }));
    expect(pages.flatMap(({ items }) => items.map(({ value }) => value.id)).sort()).toEqual([
      "1-0",
      "1-1",
      "2-0",
      "3-0",
      "3-1",
    ]);
    expect(pages.flatMap(({ problems }) => problems)).toMatchObject([
      {
        provider: "fake",
        partition: "-",
        account: "2",
        region: "north",
        error: { reason: "ErrProviderFault", operation: "list", traceId: pages[0]?.traceId },
      },
    ]);
  });

  it("fails the list where nothing else worked, with the place of the first and how many more", async () => {
    const list = pagedList({ pagesOf: () => [[["a"]]], before: () => Promise.reject(new TypeError("broken")) });
    const one = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1"]) });
    expect((await failureOf(pagesOf(one.list(ctx, { kind: Thing })))).reason).toBe("ErrProviderFault");
    const three = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2", "3"]) });
    const error = await failureOf(pagesOf(three.list(ctx, { kind: Thing })));
    expect(error.details).toEqual({ account: "1", region: "north", otherPartsFailed: "2" });
  });

  it("is not declared before another has worked: it may be that none does", async () => {
    const gate = Promise.withResolvers<never>();
    const list = pagedList({
      pagesOf: () => [[["a"]]],
      before: ({ call }) => (call.scope.account === "1" ? Promise.reject(new TypeError("broken")) : gate.promise),
    });
    const provider = fakeProvider({ list });
    const nexus = createNexus({ providers: [provider], accounts: accountsOf(["1", "2"]) });
    const first = nexus.list(ctx, { kind: Thing })[Symbol.asyncIterator]().next();
    await provider.whenCalled(2);
    await setImmediate();
    gate.reject(new TypeError("broken"));
    expect((await failureOf(first)).details?.otherPartsFailed).toBe("1");
  });

  it("is declared even where what worked had nothing", async () => {
    const list = pagedList({
      pagesOf: ({ scope }) => (scope.account === "1" ? [] : [[["a"]]]),
      before: () => Promise.reject(new TypeError("broken")),
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(["1", "2"]) });
    const pages = await pagesOf(nexus.list(ctx, { kind: Thing }));
    expect(pages.flatMap(({ problems }) => problems.map(({ account }) => account))).toEqual(["2"]);
  });
});

describe("the lease of a list", () => {
  it("is taken for each page: a list goes on under a fresh one, from where it was", async () => {
    const credentials = fakeCredentials();
    const used: (readonly [string, number])[] = [];
    const list = pagedList({
      pagesOf: () => onePerPage("a", 4),
      before: ({ call, page }) => void used.push([call.lease.id, page]),
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], credentials, accounts: accountsOf(["1"]) });
    const ids: string[] = [];
    for await (const { items } of nexus.list(ctx, { kind: Thing })) {
      ids.push(...items.map(({ value }) => value.id));
      // As if the broker had replaced it ahead of its expiry.
      const [first] = credentials.taken;
      if (ids.length === 2 && first !== undefined) credentials.refused(first);
    }
    expect(ids).toEqual(["a-0", "a-1", "a-2", "a-3"]);
    expect(used).toEqual([
      ["lease-0", 0],
      ["lease-0", 1],
      ["lease-2", 2],
      ["lease-2", 3],
    ]);
  });

  it("that expires within a page is the one that is refused, and the page is read again", async () => {
    const credentials = fakeCredentials();
    let failures = 1;
    const list = pagedList({
      pagesOf: () => [
        [["a"], ["b"]],
        [["c"], ["d"]],
      ],
      before: ({ page, batch }) => {
        if (page === 1 && batch === 1 && failures-- > 0) throw refused("ErrCredentialsExpired");
      },
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], credentials, accounts: accountsOf(["1"]) });
    expect(await listedIds(nexus.list(ctx, { kind: Thing }))).toEqual(["a", "b", "c", "d"]);
    expect(credentials.refusals.map(({ id }) => id)).toEqual(["lease-0"]);
  });
});
