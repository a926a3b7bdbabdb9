import type { ListBatch, Observation } from "@cloudlink/core";
import { handler, type Mutant } from "./mutant.test-support.ts";

async function pagesOf(batches: AsyncIterable<ListBatch<unknown>>): Promise<readonly ListBatch<unknown>[]> {
  const pages: ListBatch<unknown>[] = [];
  for await (const batch of batches) pages.push(batch);
  return pages;
}

/** Providers that break lists. */
export const listMutants: readonly Mutant[] = [
  {
    does: "begins every page with the last item of the page before",
    breaks: "list.each-once",
    make: handler(({ list }) => ({
      async *list(call, request) {
        let last: Observation<unknown>[] = [];
        for await (const batch of list(call, request)) {
          yield { ...batch, items: [...last, ...batch.items] };
          last = batch.items.slice(-1);
        }
      },
    })),
  },
  {
    does: "begins at the start again whatever the cursor",
    breaks: "list.cursor-resumes",
    make: handler(({ list }) => ({
      list: (call, { cursor: _cursor, ...request }) => list(call, request),
    })),
  },
  {
    does: "fetches the whole list before it hands out the first page",
    breaks: "list.page-at-a-time",
    make: handler(({ list }) => ({
      async *list(call, request) {
        yield* await pagesOf(list(call, request));
      },
    })),
  },
  {
    does: "begins a list before anything is asked of it",
    breaks: "list.lazy",
    make: handler(({ list }) => ({
      list(call, request) {
        const all = pagesOf(list(call, request));
        all.catch(() => {});
        return (async function* () {
          yield* await all;
        })();
      },
    })),
  },
  {
    does: "ends a list without saying so",
    breaks: "list.ends",
    make: handler(({ list }) => ({
      async *list(call, request) {
        for await (const batch of list(call, request)) yield batch.cursor === null ? { items: batch.items } : batch;
      },
    })),
  },
  {
    does: "narrows a list by the first of several wanted values",
    breaks: "filter.any-of",
    make: handler(({ list }) => ({
      list(call, request) {
        const { where, tags } = request.filter;
        const first = Object.fromEntries(Object.entries(where).map(([path, values]) => [path, values.slice(0, 1)]));
        return list(call, { ...request, filter: { where: first, tags } });
      },
    })),
  },
];
