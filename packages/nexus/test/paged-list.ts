import type { Clock, ListBatch, ListRequest, ProviderCall } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { observationOf, stamped, type Thing, thingRef } from "./thing.ts";

/** What a vendor has in one place: its pages, each of the batches that it arrives in, each of the ids in it. */
export type VendorPages = readonly (readonly (readonly string[])[])[];

export interface PagedListSettings {
  pagesOf(call: ProviderCall): VendorPages;
  /** Before each batch arrives: to count, to hold it back, or to fail. */
  before?(batch: { readonly call: ProviderCall; readonly page: number; readonly batch: number }): Promise<void> | void;
  /** When the list is ended: read to its end, given up, or failed. */
  ended?(call: ProviderCall): void;
}

/** A provider's list over a vendor's pages; a cursor is the number of a page. */
export function pagedList({ pagesOf, before, ended }: PagedListSettings) {
  return async function* list(call: ProviderCall, request: ListRequest): AsyncGenerator<ListBatch<Thing>> {
    const { region, account, provider, partition } = call.scope;
    try {
      const pages = pagesOf(call);
      for (let page = Number(request.cursor ?? 0); page < pages.length; page += 1) {
        const batches = pages[page] ?? [];
        for (const [batch, ids] of batches.entries()) {
          await before?.({ call, page, batch });
          const items = ids.map((id) =>
            stamped(call, observationOf(thingRef(id, { region, account, provider, partition }))),
          );
          if (batch < batches.length - 1) yield { items };
          else yield { items, cursor: page < pages.length - 1 ? String(page + 1) : null };
        }
      }
    } finally {
      ended?.(call);
    }
  };
}

/** Pages of one batch of one item each: `1-0`, `1-1` and so on. */
export function onePerPage(prefix: string, pages: number): VendorPages {
  return Array.from({ length: pages }, (_, page) => [[`${prefix}-${page}`]]);
}

/** A clock on which no wait between tries takes any time; deadlines, which run in the background, never come. */
export function impatientClock(): Clock {
  const manual = createManualClock();
  return {
    ...manual,
    schedule(task, options) {
      if (options.background === true) return manual.schedule(task, options);
      let wanted = true;
      queueMicrotask(() => wanted && task());
      return () => {
        wanted = false;
      };
    },
  };
}
