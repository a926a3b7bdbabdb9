import assert from "node:assert/strict";
import { createFilter, type FilterRequest, matchesFilter, type Observation, valueAt } from "@cloudlink/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Trial } from "../trial.ts";

/** How many values of one field, and how many tags, are tried: each costs a list. */
const MOST_TRIED = 8;

export const filterCases: readonly ConformanceCase[] = [
  {
    id: "filter.where",
    promise: "a field that a list is narrowed by drops nothing that matches",
    needs: ["list"],
    async run(trial) {
      const everything = await allOf(trial);
      for (const path of trial.harness.kind.filters) {
        for (const value of valuesAt(everything, path).slice(0, MOST_TRIED)) {
          await assertNothingDropped(trial, { everything, wanted: { where: { [path]: value } } });
        }
      }
    },
  },
  {
    id: "filter.any-of",
    promise: "several values of a field mean any of them",
    needs: ["list"],
    async run(trial) {
      const everything = await allOf(trial);
      for (const path of trial.harness.kind.filters) {
        const values = valuesAt(everything, path).slice(0, MOST_TRIED);
        if (values.length > 1) await assertNothingDropped(trial, { everything, wanted: { where: { [path]: values } } });
      }
    },
  },
  {
    id: "filter.tags",
    promise: "a tag that a list is narrowed by drops nothing that matches, whatever is in it",
    needs: ["list"],
    async run(trial) {
      const everything = await allOf(trial);
      for (const [key, values] of [...tagsOf(everything)].slice(0, MOST_TRIED)) {
        const tried = [...values].slice(0, MOST_TRIED);
        for (const value of tried)
          await assertNothingDropped(trial, { everything, wanted: { tags: { [key]: value } } });
        await assertNothingDropped(trial, { everything, wanted: { tags: { [key]: tried } } });
      }
    },
  },
  {
    id: "filter.all-of",
    promise: "several fields and tags mean all of them, and drop nothing that matches them all",
    needs: ["list"],
    async run(trial) {
      const everything = await allOf(trial);
      for (const { ref } of trial.harness.present) {
        const value = everything.find((entry) => entry.ref.key === ref.key)?.value;
        const known = trial.harness.kind.filters.flatMap((path) => {
          const found = valueAt(value, path);
          return found === undefined ? [] : [[path, found] as const];
        });
        const tags = valueAt(value, "tags") as Record<string, string> | undefined;
        const some = Object.fromEntries(Object.entries(tags ?? {}).slice(0, 2));
        await assertNothingDropped(trial, { everything, wanted: { where: Object.fromEntries(known), tags: some } });
      }
    },
  },
  {
    id: "filter.none",
    promise: "a filter that nothing matches is a list without a match, not an error",
    needs: ["list"],
    async run(trial) {
      const everything = await allOf(trial);
      const texts = trial.harness.kind.filters.filter((path) =>
        valuesAt(everything, path).some((value) => typeof value === "string"),
      );
      for (const path of texts) {
        const words = trial.harness.kind.filterRules?.[path]?.words ?? ["nobody-has-this"];
        const value = words.find((word) => !valuesAt(everything, path).includes(word));
        if (value !== undefined)
          await assertNothingDropped(trial, { everything, wanted: { where: { [path]: value } } });
      }
      await assertNothingDropped(trial, { everything, wanted: { tags: { "nobody-has-this": "nobody-has-this" } } });
    },
  },
  {
    id: "filter.cursor-resumes",
    promise: "a narrowed list goes on from its cursors",
    needs: ["list"],
    async run(trial) {
      const everything = await allOf(trial);
      const { present, kind } = trial.harness;
      const value = everything.find(({ ref }) => ref.key === present[0]?.ref.key)?.value;
      const path = kind.filters.find((candidate) => valueAt(value, candidate) !== undefined);
      if (path === undefined) return;
      const filter = createFilter(kind, { where: { [path]: valueAt(value, path) } });
      const batches = trial.open(trial.call(), { filter });
      const first = await trial.nextPage(batches);
      await batches.return?.();
      const rest =
        typeof first?.cursor === "string" ? await trial.items(trial.call(), { filter, cursor: first.cursor }) : [];
      const came = new Set([...(first?.items ?? []), ...rest].map(({ ref }) => ref.key));
      for (const { ref } of matching(everything, filter)) assert(came.has(ref.key), `${ref.key} was dropped`);
    },
  },
];

type Seen = readonly Observation<unknown>[];

/** Everything that is there, with what the harness put there first: its values are those that are sure to be tried. */
async function allOf(trial: Trial): Promise<Seen> {
  const placed = new Set(trial.harness.present.map(({ ref }) => ref.key));
  const everything = await trial.items(trial.call());
  return everything.toSorted((a, b) => Number(placed.has(b.ref.key)) - Number(placed.has(a.ref.key)));
}

/** A provider may bring more than matches, since the kernel looks once more; it may bring no less. */
async function assertNothingDropped(trial: Trial, request: { everything: Seen; wanted: FilterRequest }): Promise<void> {
  const filter = createFilter(trial.harness.kind, request.wanted);
  const expected = matching(request.everything, filter).map(({ ref }) => ref.key);
  const came = matching(await trial.items(trial.call(), { filter }), filter).map(({ ref }) => ref.key);
  assert.deepStrictEqual(came.toSorted(), expected.toSorted(), `narrowed by ${JSON.stringify(request.wanted)}`);
}

function matching(items: Seen, filter: Parameters<typeof matchesFilter>[0]): Seen {
  return items.filter(({ value }) => matchesFilter(filter, value));
}

function valuesAt(items: Seen, path: string): readonly unknown[] {
  return [...new Set(items.map(({ value }) => valueAt(value, path)))].filter((value) => value !== undefined);
}

function tagsOf(items: Seen): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { value } of items) {
    const tags = (valueAt(value, "tags") ?? {}) as Record<string, string>;
    for (const [key, tag] of Object.entries(tags)) found.set(key, (found.get(key) ?? new Set()).add(tag));
  }
  return found;
}
