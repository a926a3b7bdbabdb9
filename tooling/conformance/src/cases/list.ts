import assert from "node:assert/strict";
import { background, type Observation } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Page, TestCall, Trial } from "../trial.ts";

export const listCases: readonly ConformanceCase[] = [
  {
    id: "list.each-once",
    promise: "a list brings everything that is there, each once, over as many pages as it takes",
    needs: ["list"],
    async run(trial) {
      const pages = await trial.pages(trial.call());
      assert(pages.length >= 3, `the harness's page size made ${pages.length} pages, and has to make three`);
      const keys = keysOf(pages);
      assert.deepStrictEqual(keys.toSorted(), [...new Set(keys)].toSorted(), "a resource came twice");
      for (const { ref } of trial.harness.present) assert(keys.includes(ref.key), `${ref.key} did not come`);
      const whole = keysOf(await trial.pages(trial.call(), { pageSize: trial.capabilities.list?.maxPageSize ?? 1 }));
      assert.deepStrictEqual(whole.toSorted(), keys.toSorted(), "pages of another size bring other resources");
    },
  },
  {
    id: "list.page-size",
    promise: "no vendor page brings more than was asked for",
    needs: ["list"],
    async run(trial) {
      const sizes = (await trial.pages(trial.call())).map(({ items }) => items.length);
      assert(
        Math.max(...sizes) <= trial.harness.pageSize,
        `pages of ${sizes.join(", ")} for ${trial.harness.pageSize}`,
      );
    },
  },
  {
    id: "list.ends",
    promise: "the last batch, and it alone, says that the list has ended",
    needs: ["list"],
    async run(trial) {
      const batches = trial.open(trial.call());
      const cursors: (string | null | undefined)[] = [];
      for (let page = await trial.nextPage(batches); page !== undefined; page = await trial.nextPage(batches)) {
        cursors.push(page.cursor);
      }
      assert.equal(cursors.at(-1), null, "the list ended without saying so");
      for (const cursor of cursors.slice(0, -1)) {
        assert(typeof cursor === "string" && cursor !== "", "a cursor within the list is a text");
      }
      assert.equal((await batches.next()).done, true, "a list that has ended stays so");
    },
  },
  {
    id: "list.cursor-resumes",
    promise: "from any cursor the list goes on, in another provider of the same kind too, and brings the rest",
    needs: ["list"],
    async run(trial) {
      const pages = await trial.pages(trial.call());
      const other = trial.harness.createProvider();
      try {
        for (const [index, { cursor }] of pages.entries()) {
          if (typeof cursor !== "string") continue;
          const rest = keysOf(pages.slice(index + 1)).toSorted();
          const here = keysOf(await trial.pages(trial.call(), { cursor }));
          const there = keysOf(await trial.pages(trial.call(), { cursor, provider: other }));
          assert.deepStrictEqual(here.toSorted(), rest, `the list goes on otherwise after page ${index + 1}`);
          assert.deepStrictEqual(there.toSorted(), rest, "another provider goes on otherwise");
        }
      } finally {
        await other.close();
      }
    },
  },
  {
    id: "list.bad-cursor",
    promise: "a cursor that was never given is refused as one",
    needs: ["list"],
    async run(trial) {
      const answer = trial.items(trial.call(), { cursor: "bm90IGEgY3Vyc29y" });
      const { code, reason } = await trial.rejection("a list from a cursor that was never given", answer);
      assert(["ErrInvalidPageToken", "ErrStalePageToken"].includes(reason), `it was refused with ${code}, ${reason}`);
    },
  },
  {
    id: "list.lazy",
    promise: "nothing is asked of the vendor before something is asked of the list",
    needs: ["list"],
    async run(trial) {
      const call = trial.call();
      const batches = trial.open(call);
      await roundTrip(trial);
      assert.deepStrictEqual(call.requests, []);
      await batches.return?.();
      assert.deepStrictEqual(call.requests, []);
    },
  },
  {
    id: "list.page-at-a-time",
    promise: "a page is asked of the vendor when it is asked of the list, not ahead",
    needs: ["list"],
    async run(trial) {
      const call = trial.call();
      const batches = trial.open(call);
      await trial.nextPage(batches);
      await assertQuiet(trial, call);
      const requests = call.requests.length;
      await trial.nextPage(batches);
      assert(call.requests.length > requests, "the second page was fetched before it was asked for");
      await assertQuiet(trial, call);
      await batches.return?.();
    },
  },
  {
    id: "list.early-return",
    promise: "a list that is given up asks no more of the vendor, and ends",
    needs: ["list"],
    async run(trial) {
      const call = trial.call();
      const batches = trial.open(call);
      await trial.nextPage(batches);
      assert(batches.return !== undefined, "the list cannot be given up");
      const requests = call.requests.length;
      await trial.within("the end of a list that is given up", batches.return());
      await roundTrip(trial);
      assert.equal(call.requests.length, requests, "the vendor was asked for more");
      assert.equal((await trial.within("the batch after the end", batches.next())).done, true);
    },
  },
  {
    id: "list.two-at-once",
    promise: "two lists of one provider do not disturb each other",
    needs: ["list"],
    async run(trial) {
      const expected = keysOf(await trial.pages(trial.call())).toSorted();
      const both = [trial.open(trial.call()), trial.open(trial.call())] as const;
      const seen: [Page[], Page[]] = [[], []];
      for (let open = true; open; ) {
        const pages = await Promise.all(both.map((batches) => trial.nextPage(batches)));
        for (const [index, page] of pages.entries()) if (page !== undefined) seen[index]?.push(page);
        open = pages.some((page) => page !== undefined);
      }
      for (const pages of seen) assert.deepStrictEqual(keysOf(pages).toSorted(), expected);
    },
  },
  {
    id: "list.observed-per-page",
    promise: "what a page brings was observed when that page was asked for",
    needs: ["list", "clock"],
    async run(trial) {
      const clock = createManualClock();
      const batches = trial.open(trial.call({ ctx: background({ clock }) }));
      let pages = 0;
      for (let page = await trial.nextPage(batches); page !== undefined; page = await trial.nextPage(batches)) {
        assertObservedAt(page.items, clock.nowMs());
        clock.advance(60_000);
        pages += 1;
      }
      assert(pages >= 3, "the harness's page size has to make three pages");
    },
  },
  {
    id: "list.resumes-after-fault",
    promise: "a list that breaks off is gone on with from its last cursor, and nothing is lost or comes twice",
    needs: ["list", "serverError"],
    async run(trial) {
      const expected = keysOf(await trial.pages(trial.call())).toSorted();
      const batches = trial.open(trial.call());
      const first = await trial.nextPage(batches);
      {
        await using _ = await trial.harness.faults.serverError?.();
        const error = await trial.rejection("the page that the vendor fails at", trial.nextPage(batches));
        assert.equal(error.code, "unavailable", error.message);
      }
      assert(first !== undefined && typeof first.cursor === "string", "the first page has no cursor");
      const rest = await trial.pages(trial.call(), { cursor: first.cursor });
      assert.deepStrictEqual(keysOf([first, ...rest]).toSorted(), expected);
    },
  },
];

function keysOf(pages: readonly Page[]): string[] {
  return pages.flatMap(({ items }) => items.map(({ ref }) => ref.key));
}

function assertObservedAt(items: readonly Observation<unknown>[], sentAt: number): void {
  for (const { observedAt } of items) assert.equal(observedAt, sentAt);
}

/** Something goes to the vendor and comes back: what the provider has begun by itself has begun by then. */
async function roundTrip(trial: Trial): Promise<void> {
  await trial.within("identify", trial.provider.identify(trial.call()));
}

async function assertQuiet(trial: Trial, call: TestCall): Promise<void> {
  const requests = call.requests.length;
  await roundTrip(trial);
  assert.equal(call.requests.length, requests, "the vendor was asked for a page that nobody asked for");
}
