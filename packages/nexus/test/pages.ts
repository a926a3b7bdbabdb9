import type { ListPage } from "@cloudlink/core";
import type { Thing } from "./thing.ts";

/** Every page of a list, read to its end. */
export async function pagesOf(list: AsyncIterable<ListPage<Thing>>): Promise<readonly ListPage<Thing>[]> {
  const pages: ListPage<Thing>[] = [];
  for await (const page of list) pages.push(page);
  return pages;
}

/** The ids of every item of a list, in the order they came. */
export async function listedIds(list: AsyncIterable<ListPage<Thing>>): Promise<readonly string[]> {
  return (await pagesOf(list)).flatMap(({ items }) => items.map(({ value }) => value.id));
}
