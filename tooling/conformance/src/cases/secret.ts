import assert from "node:assert/strict";
import { CloudLinkError, type Lease } from "@cloudlink/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { VendorFault } from "../harness.ts";
import { readsOf } from "../read.ts";
import { leaksOf, textsOfError } from "../secret-search.ts";
import type { Trial } from "../trial.ts";

export const secretCases: readonly ConformanceCase[] = [
  {
    id: "secret.errors",
    promise: "no error of any fault has a key of the lease in it: not in its fields, message, stack or cause",
    needs: [],
    async run(trial) {
      for (const { error, lease, what } of await everyError(trial)) assertClean(textsOfError(error), { lease, what });
    },
  },
  {
    id: "secret.vendor-echo",
    promise: "a vendor that repeats a secret in its error does not get it into ours",
    needs: ["echoedSecret"],
    async run(trial) {
      const secrets = secretsOf(trial.call().lease);
      // One by one too: a provider that drops what is suspiciously long must not hide behind the longest of them.
      for (const echoed of [secrets, ...secrets.map((secret) => [secret])]) {
        for (const { name, failure } of readsOf(trial)) {
          const call = trial.call();
          await using _ = await trial.harness.faults.echoedSecret?.(echoed);
          assertClean(textsOfError(await failure(call)), { lease: call.lease, what: `${name}, echoed` });
        }
      }
    },
  },
  {
    id: "secret.answers",
    promise: "no answer, cursor, report or identity has a key of the lease in it",
    needs: [],
    async run(trial) {
      const call = trial.call();
      const answers: unknown[] = [await trial.within("identify", trial.provider.identify(call))];
      for (const { send } of readsOf(trial)) answers.push(await send(call));
      if (trial.capabilities.list !== undefined) answers.push(await trial.pages(call));
      assertClean([JSON.stringify([answers, call.requests, call.quotas])], { lease: call.lease, what: "an answer" });
    },
  },
  {
    id: "error.wire-form",
    promise: "every error is the same after a way through JSON",
    needs: [],
    async run(trial) {
      for (const { error, what } of await everyError(trial)) {
        const copy = CloudLinkError.fromJSON(JSON.parse(JSON.stringify(error)));
        assert.deepStrictEqual(copy.toJSON(), error.toJSON(), what);
        assert(error.rawMessage.trim() !== "", `${what}: the message is empty`);
      }
    },
  },
];

interface Found {
  readonly what: string;
  readonly error: CloudLinkError;
  readonly lease: Lease;
}

/** An error of each way of reading, for each thing that can go wrong here. */
async function everyError(trial: Trial): Promise<readonly Found[]> {
  const { harness } = trial;
  const { hold: _hold, echoedSecret: _echo, ...faults } = harness.faults;
  const found: Found[] = [];
  const [absent] = harness.absent;
  const [malformed] = harness.malformed ?? [];
  if (trial.capabilities.get !== undefined) {
    for (const ref of [absent, malformed]) {
      if (ref === undefined) continue;
      const call = trial.call();
      const error = await trial.rejection(`get of ${ref.key}`, trial.get(call, ref));
      found.push({ what: `get of ${ref.key}`, error, lease: call.lease });
    }
  }
  for (const [name, hook] of Object.entries(faults) as [string, () => Promise<VendorFault>][]) {
    for (const read of readsOf(trial)) {
      await using fault = await hook();
      const call = trial.call(fault.lease === undefined ? {} : { lease: fault.lease });
      found.push({ what: `${read.name} at ${name}`, error: await read.failure(call), lease: call.lease });
    }
  }
  return found;
}

function assertClean(texts: readonly string[], { lease, what }: { lease: Lease; what: string }): void {
  for (const secret of secretsOf(lease)) {
    const leaks = leaksOf(secret, texts);
    // Which key it is says enough; a failed check must not print what it looked for.
    assert(leaks.length === 0, `${what}: a key of the lease is in it (${leaks.join(", ")})`);
  }
}

function secretsOf(lease: Lease): readonly string[] {
  return lease.kind === "keys" ? Object.values(lease.keys.reveal()) : [];
}
