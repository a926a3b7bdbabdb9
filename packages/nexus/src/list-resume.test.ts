import { setImmediate } from "node:timers/promises";
import { background, CloudLinkError } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf, refused, throttled, unavailable } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { impatientClock, onePerPage, pagedList, type VendorPages } from "../test/paged-list.ts";
import { listedIds, pagesOf } from "../test/pages.ts";
import { Thing } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const tokenKey = new Uint8Array(32).fill(7);

const accountsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    provider: "fake",
    partition: "-",
    account: String(index),
    regions: ["north"],
    role: "reader",
  }));

/** What a vendor has in some accounts: pages of batches of items, empty ones among them. The same id may occur in several accounts. */
const vendorPages: fc.Arbitrary<readonly VendorPages[]> = fc.array(
  fc.array(fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 3 }), { minLength: 1, maxLength: 3 }), {
    maxLength: 4,
  }),
  { minLength: 1, maxLength: 4 },
);

/** Every item of a vendor's, sorted, each named with its account and place so that none stands for another. */
function named(accounts: readonly VendorPages[]): {
  readonly pages: readonly VendorPages[];
  readonly all: readonly string[];
} {
  let items = 0;
  const pages = accounts.map((account, index) =>
    account.map((page) =>
      page.map((batch) =>
        batch.map((id) => {
          items += 1;
          return `${index}-${items}-${id}`;
        }),
      ),
    ),
  );
  return { pages, all: pages.flat(3).sort() };
}

describe("a list whose pages break off", () => {
  it("has everything once: a page is read again from its start, and nothing before it", async () => {
    // Two failures of a page are gone over; each comes at any batch of it.
    const failures = fc
      .array(fc.record({ batch: fc.nat({ max: 2 }), kind: fc.nat({ max: 3 }) }), { maxLength: 2 })
      // Credentials that expire twice in a row are no passing trouble.
      .filter((due) => due.filter(({ kind }) => kind === 1).length < 2);
    await fc.assert(
      fc.asyncProperty(
        vendorPages,
        fc.array(fc.array(failures, { maxLength: 4 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.scheduler(),
        async (vendor, schedule, concurrency, scheduler) => {
          const { pages, all } = named(vendor);
          const left = schedule.map((account) => account.map((page) => [...page]));
          const reread: string[] = [];
          const list = pagedList({
            pagesOf: ({ scope }) => pages[Number(scope.account)] ?? [],
            async before({ call, page, batch }) {
              await scheduler.schedule(Promise.resolve());
              const due = left[Number(call.scope.account)]?.[page];
              if (batch === 0) reread.push(`${call.scope.account} ${page}`);
              if (due?.[0]?.batch !== batch) return;
              const failure = due.shift();
              if (failure?.kind === 0) throw throttled(1);
              if (failure?.kind === 1) throw refused("ErrCredentialsExpired");
              throw unavailable();
            },
          });
          const accounts = accountsOf(vendor.length);
          const nexus = createNexus({ providers: [fakeProvider({ list })], accounts, concurrency });
          const read = listedIds(nexus.list(background({ clock: impatientClock() }), { kind: Thing }));
          const ids = await scheduler.waitFor(read);
          expect([...ids].sort()).toEqual(all);
          // At most once, and once more for each of two failures.
          for (const page of new Set(reread))
            expect(reread.filter((each) => each === page).length).toBeLessThanOrEqual(3);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("a page token", () => {
  it("of any page gives exactly the rest, in another kernel with the same key, however the parts arrive", async () => {
    await fc.assert(
      fc.asyncProperty(
        vendorPages,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.scheduler(),
        async (vendor, concurrency, filtered, scheduler) => {
          const { pages, all } = named(vendor);
          const list = pagedList({
            pagesOf: ({ scope }) => pages[Number(scope.account)] ?? [],
            before: () => scheduler.schedule(Promise.resolve()),
          });
          const makeNexus = () =>
            createNexus({
              providers: [fakeProvider({ list })],
              accounts: accountsOf(vendor.length),
              concurrency,
              tokenKey,
            });
          const request = { kind: Thing, ...(filtered && { where: { state: "running" } }) };
          const first = await scheduler.waitFor(pagesOf(makeNexus().list(ctx, request)));
          expect(first.at(-1)?.nextPageToken).toBeUndefined();
          const handed: string[] = [];
          for (const { items, nextPageToken } of first) {
            handed.push(...items.map(({ value }) => value.id));
            if (nextPageToken === undefined) continue;
            const rest = listedIds(makeNexus().list(ctx, { ...request, pageToken: nextPageToken }));
            expect([...handed, ...(await scheduler.waitFor(rest))].sort()).toEqual(all);
          }
          expect(handed.sort()).toEqual(all);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("of a resumed list gives the rest again, page by page", async () => {
    const list = pagedList({ pagesOf: ({ scope }) => onePerPage(scope.account, 4) });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(3) });
    const ids: string[] = [];
    let pageToken: string | undefined;
    do {
      for await (const page of nexus.list(ctx, { kind: Thing, ...(pageToken !== undefined && { pageToken }) })) {
        ids.push(...page.items.map(({ value }) => value.id));
        pageToken = page.nextPageToken;
        break;
      }
    } while (pageToken !== undefined);
    expect(ids.sort()).toEqual(["0", "1", "2"].flatMap((account) => onePerPage(account, 4).flat(2)));
  });

  it("made while another part is mid-read loses nothing of that part", async () => {
    const gate = Promise.withResolvers<void>();
    const list = pagedList({
      pagesOf: ({ scope }) => [[[`${scope.account}-a`], [`${scope.account}-b`]], [[`${scope.account}-c`]]],
      before: ({ call, batch }) => (call.scope.account === "1" && batch === 1 ? gate.promise : undefined),
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(2) });
    for await (const { items, nextPageToken: pageToken } of nexus.list(ctx, { kind: Thing })) {
      expect(items.map(({ value }) => value.id)).toEqual(["0-a", "0-b"]);
      gate.resolve();
      const rest = await listedIds(nexus.list(ctx, { kind: Thing, ...(pageToken !== undefined && { pageToken }) }));
      expect([...rest].sort()).toEqual(["0-c", "1-a", "1-b", "1-c"]);
      break;
    }
  });

  it("tries a part that failed again, and is the same after a later page is read", async () => {
    let broken = true;
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 3),
      before: ({ call, page }) => {
        if (call.scope.account === "1" && page === 1 && broken) throw new TypeError("broken");
      },
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(2), concurrency: 2 });
    const pages = await pagesOf(nexus.list(ctx, { kind: Thing }));
    const failed = pages.findIndex(({ problems }) => problems.length > 0);
    broken = false;
    const handed = pages.slice(0, failed + 1).flatMap(({ items }) => items.map(({ value }) => value.id));
    // Read only now: it stands for its own page, not for the last.
    const pageToken = pages[failed]?.nextPageToken;
    const rest = await listedIds(nexus.list(ctx, { kind: Thing, ...(pageToken !== undefined && { pageToken }) }));
    expect([...handed, ...rest].sort()).toEqual(["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"]);
  });

  it("gets whoever takes a page at a time through to the end, though a part fails at once, again and again", async () => {
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 4),
      // Nothing is as fast as a refusal.
      before: ({ call }) => (call.scope.account === "0" ? Promise.reject(unavailable()) : setImmediate()),
    });
    const provider = fakeProvider({ list });
    const timed = background({ clock: impatientClock() });
    for (const concurrency of [1, 2]) {
      const nexus = createNexus({ providers: [provider], accounts: accountsOf(2), concurrency });
      const ids: string[] = [];
      const declared: string[] = [];
      const tokens: (string | undefined)[] = [];
      let error: unknown;
      do {
        const pageToken = tokens.at(-1);
        const pages = nexus.list(timed, { kind: Thing, ...(pageToken !== undefined && { pageToken }) });
        try {
          for await (const page of pages) {
            ids.push(...page.items.map(({ value }) => value.id));
            declared.push(...page.problems.map(({ account }) => account));
            tokens.push(page.nextPageToken);
            break;
          }
        } catch (thrown) {
          error = thrown;
        }
      } while (tokens.at(-1) !== undefined && error === undefined && tokens.length < 20);
      expect(ids).toEqual(["1-0", "1-1", "1-2", "1-3"]);
      expect(new Set(tokens).size).toBe(tokens.length);
      // The part that fails is heard of: as a problem beside items, or, when it is all that is left, as the error.
      expect(declared.length > 0 || CloudLinkError.isInstance(error)).toBe(true);
    }
  });

  it("with which every part that is left fails rejects, as one does whose cursor the vendor no longer takes", async () => {
    let stale = false;
    const list = pagedList({
      pagesOf: ({ scope }) => onePerPage(scope.account, 2),
      before: () => {
        if (stale) throw new CloudLinkError({ reason: "ErrStalePageToken", message: "List again.", origin: "vendor" });
      },
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(2) });
    for await (const { nextPageToken } of nexus.list(ctx, { kind: Thing })) {
      stale = true;
      const rest = nexus.list(ctx, { kind: Thing, ...(nextPageToken !== undefined && { pageToken: nextPageToken }) });
      expect(await failureOf(pagesOf(rest))).toMatchObject({
        code: "failed_precondition",
        reason: "ErrStalePageToken",
        details: { otherPartsFailed: "1" },
      });
      break;
    }
  });

  it("is refused if it was altered, or is another tenant's, request's, key's or version's", async () => {
    const list = pagedList({ pagesOf: () => onePerPage("a", 3) });
    const settings = { providers: [fakeProvider({ list })], accounts: accountsOf(1) };
    const nexus = createNexus({ ...settings, tokenKey });
    const request = { kind: Thing, where: { state: "running" }, tags: {}, pageSize: 5 };
    const [page] = await pagesOf(nexus.list(ctx, { ...request, where: {} }));
    const token = page?.nextPageToken ?? "";
    const [version, body, signature] = token.split(".");
    const refusedBy = async (reading: AsyncIterable<never>) => (await failureOf(pagesOf(reading))).reason;
    const attempts = [
      nexus.list(ctx.withTenant("other"), { ...request, where: {}, pageToken: token }),
      nexus.list(ctx, { ...request, pageToken: token }),
      nexus.list(ctx, { ...request, where: {}, pageSize: 6, pageToken: token }),
      nexus.list(ctx, { ...request, where: {}, accounts: ["0"], pageToken: token }),
      nexus.list(ctx, { ...request, where: {}, tags: { a: "b" }, pageToken: token }),
      nexus.list(ctx, { ...request, where: {}, view: "state", pageToken: token }),
      createNexus({ ...settings, tokenKey: tokenKey.map((byte) => byte + 1) }).list(ctx, {
        ...request,
        where: {},
        pageToken: token,
      }),
      createNexus(settings).list(ctx, { ...request, where: {}, pageToken: token }),
      ...[
        "",
        "x",
        `2.${body}.${signature}`,
        `${version}.${body}`,
        `${version}.${body}.${signature}.`,
        `${version}.${body}.`,
        `${version}.${body}x.${signature}`,
        `${version}.${Buffer.from("{}").toString("base64url")}.${signature}`,
        `${version}.${body}.${signature}=`,
        "1.".repeat(5_000_000),
        7 as never,
        null as never,
      ].map((pageToken) => nexus.list(ctx, { ...request, where: {}, pageToken })),
    ] as AsyncIterable<never>[];
    expect(await Promise.all(attempts.map(refusedBy))).toEqual(attempts.map(() => "ErrInvalidPageToken"));
    expect(await listedIds(nexus.list(ctx, { ...request, where: {}, pageToken: token }))).toEqual(["a-1", "a-2"]);
  });

  it("goes on with a request that is written another way and asks for the same", async () => {
    const list = pagedList({ pagesOf: () => onePerPage("a", 3) });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(1) });
    const [page] = await pagesOf(nexus.list(ctx, { kind: Thing, tags: {}, where: { state: "running" } }));
    const pageToken = page?.nextPageToken ?? "";
    const again = {
      kind: Thing,
      where: { state: ["running"] },
      accounts: "*",
      regions: "*",
      view: "standard",
      pageToken,
    } as const;
    expect(await listedIds(nexus.list(ctx, again))).toEqual(["a-1", "a-2"]);
  });

  it("that the vendor no longer takes is a problem of that part, with its own reason", async () => {
    const stale = new CloudLinkError({
      reason: "ErrStalePageToken",
      message: "Too old. List again.",
      origin: "vendor",
    });
    const list = pagedList({
      pagesOf: () => onePerPage("a", 3),
      before: ({ page }) => {
        if (page === 1) throw stale;
      },
    });
    const nexus = createNexus({ providers: [fakeProvider({ list })], accounts: accountsOf(1) });
    const pages = await pagesOf(nexus.list(ctx, { kind: Thing }));
    expect(pages.flatMap(({ problems }) => problems)).toMatchObject([{ error: { reason: "ErrStalePageToken" } }]);
  });
});
