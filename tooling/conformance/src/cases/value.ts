import assert from "node:assert/strict";
import { freezeDeep, type Observation, viewCovers } from "@cloudlink/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Trial } from "../trial.ts";

export const valueCases: readonly ConformanceCase[] = [
  {
    id: "value.schema",
    promise: "every value, in every view, is of the kind's schema, which leaves it as it is",
    needs: [],
    async run(trial) {
      const schema = (await trial.harness.kind.loadSchema())["~standard"];
      for (const { read, view, seen } of await everyView(trial)) {
        for (const { ref, value } of seen) {
          const result = await schema.validate(value);
          assert.deepStrictEqual(result.issues ?? [], [], `${ref.key} by ${read}, view ${view}, is not of the schema`);
          if (result.issues !== undefined) continue;
          assert.deepStrictEqual(
            result.value,
            value,
            `${ref.key} by ${read}, view ${view}, has what the schema has not`,
          );
        }
      }
    },
  },
  {
    id: "value.json",
    promise: "every value is the same after a way through JSON: no field without a value, no Date, no class",
    needs: [],
    async run(trial) {
      for (const { seen } of await everyView(trial)) {
        for (const { ref, value } of seen) {
          assert.deepStrictEqual(
            JSON.parse(JSON.stringify(value)),
            value,
            `${ref.key} changes on its way through JSON`,
          );
        }
      }
    },
  },
  {
    id: "value.as-known",
    promise: "every value says what is known of its resource",
    needs: [],
    async run(trial) {
      for (const { read, seen } of await everyView(trial)) {
        const values = new Map(seen.map(({ ref, value }) => [ref.key, value]));
        for (const { ref, value } of trial.harness.present) {
          assert(values.has(ref.key), `${read} does not bring ${ref.key}`);
          assert.partialDeepStrictEqual(values.get(ref.key), value, `${ref.key} by ${read}`);
        }
      }
    },
  },
  {
    id: "value.view",
    promise: "an observation holds the view that was asked for, or a wider one",
    needs: [],
    async run(trial) {
      for (const { read, view, seen } of await everyView(trial)) {
        for (const { view: held } of seen) {
          const covered = viewCovers(trial.harness.kind, { held, wanted: view });
          assert(covered, `${read} was asked for the view ${view} and answered with ${held}`);
        }
      }
    },
  },
  {
    id: "value.ref",
    promise: "an observation's ref is in the call's scope and names the kind",
    needs: [],
    async run(trial) {
      const { scope, kind } = trial.harness;
      const { regional } = trial.capabilities;
      for (const { seen } of await everyView(trial)) {
        for (const { ref } of seen) {
          const { provider, partition, account, region } = ref;
          assert.deepStrictEqual([provider, partition, account], [scope.provider, scope.partition, scope.account]);
          assert.equal(region, regional ? scope.region : "-");
          assert.equal(ref.kind, kind.name);
        }
      }
    },
  },
  {
    id: "value.survives-freezing",
    promise: "an answer is the caller's: one that is frozen does not disturb the next",
    needs: [],
    async run(trial) {
      const before = await everyView(trial);
      for (const { seen } of before) for (const { value } of seen) freezeDeep(value);
      const values = (views: typeof before) => views.map(({ seen }) => seen.map(({ value }) => value));
      const sorted = (views: typeof before) => values(views).map((list) => list.map(jsonOf).toSorted());
      assert.deepStrictEqual(sorted(await everyView(trial)), sorted(before));
    },
  },
  {
    id: "value.native",
    promise: "the vendor's own body comes when it is asked for, where that is declared, and not otherwise",
    needs: ["get"],
    async run(trial) {
      const { ref } = trial.first;
      const view = trial.viewOf("get");
      const plain = await trial.get(trial.call(), ref);
      assert(!("native" in plain), "a body came that was not asked for");
      if (trial.capabilities.get?.native !== true) return;
      const request = trial.handler().get?.(trial.call(), { ref, view, native: true });
      const seen = await trial.within("get with the native body", Promise.resolve(request));
      assert(typeof seen?.native === "object" && seen.native !== null, "no body came");
      assert.deepStrictEqual(seen.value, plain.value, "the value is another with the body than without");
    },
  },
  {
    id: "agreement.get-getMany-list",
    promise: "get, getMany and list show the same value of the same resource",
    needs: ["get"],
    async run(trial) {
      const { get, getMany, list } = trial.capabilities;
      const declared = [get, getMany, list].flatMap((capability) => capability?.views ?? []);
      const counts = [get, getMany, list].filter((capability) => capability !== undefined).length;
      const common = [...new Set(declared)].filter(
        (view) => declared.filter((other) => other === view).length === counts,
      );
      assert(
        common.length > 0,
        "no view is declared for all of them, so that no answer of one can stand for another's",
      );
      for (const view of common) {
        const shown = (await everyView(trial)).filter((entry) => entry.view === view);
        for (const { ref } of trial.harness.present) {
          const [first, ...others] = shown.map(({ seen }) => seen.find((entry) => entry.ref.key === ref.key)?.value);
          for (const other of others) assert.deepStrictEqual(other, first, `${ref.key}, view ${view}`);
        }
      }
    },
  },
];

interface Shown {
  readonly read: "get" | "getMany" | "list";
  readonly view: string;
  readonly seen: readonly Observation<unknown>[];
}

/** What is present, read every way that is declared, in every view. */
async function everyView(trial: Trial): Promise<readonly Shown[]> {
  const { get, getMany, list } = trial.capabilities;
  const refs = trial.harness.present.map(({ ref }) => ref);
  const shown: Shown[] = [];
  for (const view of get?.views ?? []) {
    const seen = await Promise.all(refs.map((ref) => trial.get(trial.call(), ref, view)));
    for (const [index, { ref }] of seen.entries())
      assert.equal(ref.key, refs[index]?.key, "get brought another resource");
    shown.push({ read: "get", view, seen });
  }
  for (const view of getMany?.views ?? []) {
    const outcomes = await trial.getMany(trial.call(), refs.slice(0, getMany?.maxRefs), view);
    const seen = outcomes.map((outcome) => {
      if (!outcome.ok) throw outcome.error;
      assert.equal(outcome.state.ref.key, outcome.ref.key, "an outcome holds another resource");
      return outcome.state;
    });
    shown.push({ read: "getMany", view, seen });
  }
  for (const view of list?.views ?? [])
    shown.push({ read: "list", view, seen: await trial.items(trial.call(), { view }) });
  return shown;
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value);
}
