import assert from "node:assert/strict";
import type { CloudLinkError, Observation, ProviderCall } from "@cloudlink/core";
import type { Trial } from "./trial.ts";

/** One way of reading: cases that hold for all of them run each that the provider declares. */
export interface Read {
  readonly name: "get" | "getMany" | "list";
  /** Reads what is present; of a list, the first page. */
  send(call: ProviderCall): Promise<readonly Observation<unknown>[]>;
  /** The one error that the read ends with. A batch may reject, or say the same of each of its refs. */
  failure(call: ProviderCall): Promise<CloudLinkError>;
}

/** The ways of reading that the provider declares. */
export function readsOf(trial: Trial): readonly Read[] {
  const { capabilities, first } = trial;
  const reads: Read[] = [];
  if (capabilities.get !== undefined) {
    const send = async (call: ProviderCall) => [await trial.get(call, first.ref)];
    reads.push({ name: "get", send, failure: (call) => trial.rejection("get", send(call)) });
  }
  if (capabilities.getMany !== undefined) reads.push(batchRead(trial));
  if (capabilities.list !== undefined) {
    const send = async (call: ProviderCall) => (await trial.nextPage(trial.open(call)))?.items ?? [];
    reads.push({ name: "list", send, failure: (call) => trial.rejection("list", send(call)) });
  }
  assert(reads.length > 0, "the provider declares no way of reading");
  return reads;
}

function batchRead(trial: Trial): Read {
  const refs = trial.harness.present.slice(0, trial.capabilities.getMany?.maxRefs).map(({ ref }) => ref);
  return {
    name: "getMany",
    async send(call) {
      const outcomes = await trial.getMany(call, refs);
      return outcomes.map((outcome) => {
        if (!outcome.ok) throw outcome.error;
        return outcome.state;
      });
    },
    async failure(call) {
      const answer = trial.getMany(call, refs).then((outcomes) => {
        const [error, ...others] = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
        if (error !== undefined && outcomes.length === refs.length && others.length === refs.length - 1) {
          assert(
            others.every(({ code }) => code === error.code),
            "one fault gave outcomes of several codes",
          );
          throw error;
        }
        return outcomes;
      });
      return await trial.rejection("getMany", answer);
    },
  };
}
