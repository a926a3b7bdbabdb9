import assert from "node:assert/strict";
import { createRef } from "@cloudlink/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Trial } from "../trial.ts";

/** As many as a page of a dashboard asks for at once, several times over. */
const PARALLEL = 100;

export const isolationCases: readonly ConformanceCase[] = [
  {
    id: "concurrency.gets",
    promise: "a hundred gets at once each bring their own resource",
    needs: ["get"],
    async run(trial) {
      const refs = repeated(trial);
      const seen = await Promise.all(refs.map(({ ref }) => trial.get(trial.call(), ref)));
      for (const [index, { ref, value }] of seen.entries()) {
        assert.equal(ref.key, refs[index]?.ref.key);
        assert.partialDeepStrictEqual(value, refs[index]?.value);
      }
    },
  },
  {
    id: "concurrency.mixed",
    promise: "gets of what is there, of what is not, batches and lists at once do not disturb each other",
    needs: ["get", "getMany", "list"],
    async run(trial) {
      const { present, absent } = trial.harness;
      const refs = present.map(({ ref }) => ref);
      const expected = (await trial.items(trial.call())).map(({ ref }) => ref.key).toSorted();
      const gets = repeated(trial).slice(0, 20);
      const all = await Promise.all([
        Promise.all(gets.map(({ ref }) => trial.get(trial.call(), ref))),
        Promise.all(absent.map((ref) => trial.rejection("get", trial.get(trial.call(), ref)))),
        trial.getMany(trial.call(), [...refs, ...absent].slice(0, trial.capabilities.getMany?.maxRefs)),
        trial.items(trial.call()),
      ]);
      const [seen, errors, outcomes, items] = all;
      assert.deepStrictEqual(
        seen.map(({ ref }) => ref.key),
        gets.map(({ ref }) => ref.key),
      );
      for (const { code } of errors) assert.equal(code, "not_found");
      for (const { ok, ref } of outcomes)
        assert.equal(
          ok,
          refs.some(({ key }) => key === ref.key),
        );
      assert.deepStrictEqual(items.map(({ ref }) => ref.key).toSorted(), expected);
    },
  },
  {
    id: "scope.own-resources",
    promise: "calls of two scopes at once each bring what is theirs",
    needs: ["get", "otherPlace"],
    async run(trial) {
      const own = repeated(trial).slice(0, 20);
      const others = repeated(trial, trial.otherPlace.present).slice(0, 20);
      const [here, there] = await Promise.all([
        Promise.all(own.map(({ ref }) => trial.get(trial.call(), ref))),
        Promise.all(others.map(({ ref }) => trial.get(trial.otherCall(), ref))),
      ]);
      for (const [index, { value }] of here.entries()) assert.partialDeepStrictEqual(value, own[index]?.value);
      for (const [index, { value }] of there.entries()) assert.partialDeepStrictEqual(value, others[index]?.value);
    },
  },
  {
    id: "scope.own-list",
    promise: "a list brings what is of its scope, and nothing of another's",
    needs: ["list", "otherPlace"],
    async run(trial) {
      const [here, there] = await Promise.all([trial.items(trial.call()), trial.items(trial.otherCall())]);
      const keys = new Set(here.map(({ ref }) => ref.key));
      for (const { ref } of trial.harness.present) assert(keys.has(ref.key), `${ref.key} did not come`);
      const otherKeys = there.map(({ ref }) => ref.key);
      for (const { ref } of trial.otherPlace.present) assert(otherKeys.includes(ref.key), `${ref.key} did not come`);
      const ids = new Set(here.map(({ ref }) => ref.id));
      for (const { ref } of there) assert(!ids.has(ref.id), `${ref.id} is in the lists of both scopes`);
    },
  },
  {
    id: "scope.foreign-is-absent",
    promise: "what is another account's is not there for this one",
    needs: ["get", "otherPlace"],
    async run(trial) {
      const { scope, kind } = trial.harness;
      for (const { ref } of trial.otherPlace.present) {
        const { provider, partition, account } = scope;
        const here = createRef({ provider, partition, account, region: ref.region, kind: kind.name, id: ref.id });
        const error = await trial.rejection("get of what is another's", trial.get(trial.call(), here));
        assert.equal(error.code, "not_found", error.message);
      }
    },
  },
  {
    id: "scope.wrong-lease",
    promise: "credentials of another account than the scope's bring nothing, and are not taken for absence",
    needs: ["get", "otherPlace"],
    async run(trial) {
      const { lease } = trial.otherCall();
      const refused = ["failed_precondition", "permission_denied", "unauthenticated"];
      const error = await trial.rejection(
        "get with another's lease",
        trial.get(trial.call({ lease }), trial.first.ref),
      );
      assert(refused.includes(error.code), `get was rejected with ${error.message}`);
      if (trial.capabilities.list === undefined) return;
      const list = await trial.rejection("list with another's lease", trial.items(trial.call({ lease })));
      assert(refused.includes(list.code), `list was rejected with ${list.message}`);
    },
  },
];

function repeated(trial: Trial, present = trial.harness.present) {
  return Array.from({ length: PARALLEL }, (_, index) => present[index % present.length] ?? trial.first);
}
