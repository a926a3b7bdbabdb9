import {
  type CachedList,
  type CacheFill,
  type CacheNamespace,
  type Clock,
  type Filter,
  matchesFilter,
  type Observation,
} from "@cloudlink/core";
import { textOfFilter } from "./filter-text.ts";

/** What a list of one place asks for, as far as what comes depends on it. */
export interface ListWish {
  readonly view: string;
  readonly filter: Filter;
  readonly pageSize: number | undefined;
  /** The oldest list that will do, in milliseconds; 0 is live. */
  readonly maxAgeMs: number;
}

/** A vendor's page: what is on it, and where the list goes on after it; `null` at its end. */
export interface ListedPage {
  readonly items: readonly Observation<unknown>[];
  readonly cursor: string | null;
}

const everything: Filter = Object.freeze({ where: Object.freeze({}), tags: Object.freeze({}) });

/** The same text for wishes that the vendor answers alike. */
function keyOf({ view, filter, pageSize }: ListWish): string {
  return JSON.stringify([view, pageSize ?? null, textOfFilter(filter)]);
}

/**
 * The list that is kept for the wish, or one of everything, matched against the filter here. It is whole: from its start to its end, as the
 * vendor gave it.
 */
export function keptList(
  namespace: CacheNamespace,
  { wish, clock }: { readonly wish: ListWish; readonly clock: Clock },
): CachedList | undefined {
  const { maxAgeMs, filter } = wish;
  if (maxAgeMs === 0 || namespace.mostListItems === 0) return undefined;
  const nowMs = Math.ceil(clock.monotonicMs());
  const same = namespace.lookList({ key: keyOf(wish), nowMs, maxAgeMs });
  if (same !== undefined) return same;
  const all = namespace.lookList({ key: keyOf({ ...wish, filter: everything }), nowMs, maxAgeMs });
  if (all === undefined) return undefined;
  const pages = all.pages.map(({ items, cursor }) => ({
    items: items.filter(({ value }) => matchesFilter(filter, value)),
    cursor,
  }));
  return { ...all, pages };
}

/** Gathers the pages of a list while they come, and keeps the list once it is whole; unless it is too long. */
export class ListGathering {
  readonly #namespace: CacheNamespace;
  readonly #key: string;
  readonly #fill: CacheFill;
  readonly #seenAt: number;
  #pages: ListedPage[] | undefined = [];
  #items = 0;

  /** Begins before the first page is asked for. */
  constructor(namespace: CacheNamespace, { wish, clock }: { readonly wish: ListWish; readonly clock: Clock }) {
    this.#namespace = namespace;
    this.#key = keyOf(wish);
    this.#fill = namespace.beginFill(clock);
    this.#seenAt = Math.floor(clock.monotonicMs());
  }

  add(page: ListedPage, { vendorCalls }: { readonly vendorCalls: number }): void {
    this.#items += page.items.length;
    if (this.#items > this.#namespace.mostListItems) this.#pages = undefined;
    this.#pages?.push(page);
    if (page.cursor !== null || this.#pages === undefined) return;
    this.#fill.storeList(this.#key, { pages: this.#pages, seenAt: this.#seenAt, vendorCalls });
    this.#pages = undefined;
  }
}
