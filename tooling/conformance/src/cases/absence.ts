import assert from "node:assert/strict";
import type { CloudLinkError, Outcome, Ref } from "@cloudlink/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Trial } from "../trial.ts";

export const absenceCases: readonly ConformanceCase[] = [
  {
    id: "absence.get",
    promise: "get of what is not there is not_found, and not worth another try",
    needs: ["get"],
    async run(trial) {
      for (const ref of trial.harness.absent) {
        const error = await trial.rejection(`get of the absent ${ref.key}`, trial.get(trial.call(), ref));
        assertNotFound(error);
      }
    },
  },
  {
    id: "absence.getMany-outcome",
    promise: "in a batch, absence is the outcome of its ref and spoils no other",
    needs: ["getMany"],
    async run(trial) {
      const present = trial.harness.present.map(({ ref }) => ref);
      const outcomes = await batch(trial, interleaved(present, trial.harness.absent));
      for (const ref of trial.harness.absent) assertNotFound(refused(outcomes, ref));
      for (const ref of present) assertPresent(outcomes, ref);
    },
  },
  {
    id: "absence.all",
    promise: "a batch of which nothing is there is an outcome for each",
    needs: ["getMany"],
    async run(trial) {
      const outcomes = await batch(trial, trial.harness.absent);
      for (const ref of trial.harness.absent) assertNotFound(refused(outcomes, ref));
    },
  },
  {
    id: "absence.list",
    promise: "a list does not bring what is not there",
    needs: ["list"],
    async run(trial) {
      const absent = new Set(trial.harness.absent.map(({ key }) => key));
      const found = (await trial.items(trial.call())).filter(({ ref }) => absent.has(ref.key));
      assert.deepStrictEqual(found, []);
    },
  },
  {
    id: "getMany.outcome-per-ref",
    promise: "a batch has one outcome for each ref, at its full size too",
    needs: ["getMany"],
    async run(trial) {
      const maxRefs = trial.capabilities.getMany?.maxRefs ?? 1;
      const present = trial.harness.present.map(({ ref }) => ref);
      await batch(trial, present.slice(0, maxRefs));
      await batch(trial, present.slice(0, 1));
      const everything = (await listed(trial)).slice(0, maxRefs);
      if (everything.length > 0) await batch(trial, everything);
    },
  },
  {
    id: "malformed.get",
    promise: "an id that the vendor cannot have issued is invalid_argument, without a vendor call",
    needs: ["get", "malformed"],
    async run(trial) {
      for (const ref of trial.harness.malformed ?? []) {
        const call = trial.call();
        const error = await trial.rejection(`get of the malformed ${ref.key}`, trial.get(call, ref));
        assertMalformed(error);
        assert.deepStrictEqual(call.requests, [], "the vendor was asked");
      }
    },
  },
  {
    id: "malformed.getMany-outcome",
    promise: "in a batch, a malformed id is the outcome of its ref and spoils no other",
    needs: ["getMany", "malformed"],
    async run(trial) {
      const { malformed = [] } = trial.harness;
      const present = trial.harness.present.map(({ ref }) => ref);
      const outcomes = await batch(trial, interleaved(present, malformed));
      for (const ref of malformed) assertMalformed(refused(outcomes, ref));
      for (const ref of present) assertPresent(outcomes, ref);
    },
  },
  {
    id: "malformed.getMany-no-call",
    promise: "a batch of malformed ids alone costs no vendor call",
    needs: ["getMany", "malformed"],
    async run(trial) {
      const { malformed = [] } = trial.harness;
      const call = trial.call();
      const outcomes = await trial.getMany(call, malformed);
      for (const ref of malformed) assertMalformed(refused(outcomes, ref));
      assert.deepStrictEqual(call.requests, [], "the vendor was asked");
    },
  },
];

type Outcomes = readonly Outcome<unknown>[];

/** A batch, in as many calls as the provider's bound asks for; each ref has exactly one outcome. */
async function batch(trial: Trial, refs: readonly Ref[]): Promise<Outcomes> {
  const size = trial.capabilities.getMany?.maxRefs ?? 1;
  const outcomes: Outcome<unknown>[] = [];
  for (let from = 0; from < refs.length; from += size) {
    outcomes.push(...(await trial.getMany(trial.call(), refs.slice(from, from + size))));
  }
  const keys = (list: readonly Ref[]) => list.map(({ key }) => key).toSorted();
  assert.deepStrictEqual(keys(outcomes.map(({ ref }) => ref)), keys(refs), "not one outcome for each ref");
  return outcomes;
}

async function listed(trial: Trial): Promise<readonly Ref[]> {
  if (trial.capabilities.list === undefined) return [];
  return (await trial.items(trial.call())).map(({ ref }) => ref);
}

function refused(outcomes: Outcomes, ref: Ref): CloudLinkError {
  const outcome = outcomes.find((entry) => entry.ref.key === ref.key);
  assert(outcome?.ok === false, `the outcome of ${ref.key} is no error`);
  return outcome.error;
}

function assertPresent(outcomes: Outcomes, ref: Ref): void {
  const outcome = outcomes.find((entry) => entry.ref.key === ref.key);
  assert(outcome !== undefined, `${ref.key} has no outcome`);
  if (!outcome.ok) assert.fail(`${ref.key} is there, and its outcome is ${outcome.error.message}`);
}

function assertNotFound(error: CloudLinkError): void {
  assert.deepStrictEqual([error.code, error.reason], ["not_found", "ErrResourceNotFound"], error.message);
  assert.equal(error.retry.retryable, false, "absence is not worth another try");
}

function assertMalformed(error: CloudLinkError): void {
  assert.deepStrictEqual([error.code, error.reason], ["invalid_argument", "ErrInvalidResourceId"], error.message);
}

function interleaved(some: readonly Ref[], others: readonly Ref[]): readonly Ref[] {
  return some.flatMap((ref, index) => [...others.slice(index, index + 1), ref]).concat(others.slice(some.length));
}
