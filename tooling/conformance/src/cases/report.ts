import assert from "node:assert/strict";
import { background } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import type { ConformanceCase } from "../conformance-case.ts";
import { lookedAtLater } from "../looked-at-later.ts";
import { readsOf } from "../read.ts";
import type { Trial } from "../trial.ts";

export const reportCases: readonly ConformanceCase[] = [
  {
    id: "report.counts",
    promise: "every request that reaches the vendor was reported, and every one reported reaches it",
    needs: ["vendorRequests"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        const call = trial.call();
        const seen = await trial.vendorRequestsDuring(() => send(call));
        assert.equal(call.requests.length, seen, `${name}: ${call.requests.length} reported, ${seen} seen`);
        assert(seen > 0, `${name} asked the vendor nothing`);
      }
      const call = trial.call();
      const seen = await trial.vendorRequestsDuring(() => trial.within("identify", trial.provider.identify(call)));
      assert.equal(call.requests.length, seen, `identify: ${call.requests.length} reported, ${seen} seen`);
    },
  },
  {
    id: "report.absence-counts",
    promise: "what it costs to find out that something is absent is reported too",
    needs: ["get", "vendorRequests"],
    async run(trial) {
      const [absent] = trial.harness.absent;
      assert(absent !== undefined, "the harness has no absent resource");
      const call = trial.call();
      const seen = await trial.vendorRequestsDuring(() => trial.rejection("get", trial.get(call, absent)));
      assert.equal(call.requests.length, seen, `${call.requests.length} reported, ${seen} seen`);
    },
  },
  {
    id: "report.list-counts",
    promise: "every page of a list is reported once",
    needs: ["list", "vendorRequests"],
    async run(trial) {
      const call = trial.call();
      const seen = await trial.vendorRequestsDuring(() => trial.pages(call));
      assert.equal(call.requests.length, seen, `${call.requests.length} reported, ${seen} seen`);
    },
  },
  {
    id: "report.declared-operations",
    promise: "the operations that are reported are those that the capability declares",
    needs: [],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        const call = trial.call();
        await send(call);
        const declared = trial.capabilities[name]?.operations ?? [];
        for (const operation of call.requests) {
          assert(declared.includes(operation), `${name} reports ${operation}, and declares ${declared.join(", ")}`);
        }
      }
    },
  },
  {
    id: "report.batch-is-one",
    promise: "a batch asks the vendor less often than its refs one by one",
    needs: ["get", "getMany"],
    async run(trial) {
      const refs = trial.harness.present.map(({ ref }) => ref).slice(0, trial.capabilities.getMany?.maxRefs);
      const batch = trial.call();
      await trial.getMany(batch, refs);
      const single = trial.call();
      for (const ref of refs) await trial.get(single, ref);
      assert(
        batch.requests.length < single.requests.length,
        `${batch.requests.length} requests for ${refs.length} refs`,
      );
    },
  },
  {
    id: "observed.on-clock",
    promise: "observedAt is an instant of the context's clock",
    needs: ["clock"],
    async run(trial) {
      const clock = createManualClock({ nowMs: Date.UTC(2031, 4, 5) });
      for (const { name, send } of readsOf(trial)) {
        const seen = await send(trial.call({ ctx: background({ clock }) }));
        for (const { observedAt } of seen) assert.equal(observedAt, clock.nowMs(), name);
        clock.advance(1_234);
      }
    },
  },
  {
    id: "observed.within-call",
    promise: "observedAt is neither before the call nor after its answer",
    needs: [],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        const before = Date.now();
        const seen = await send(trial.call());
        const after = Date.now();
        for (const { observedAt } of seen) {
          assert(
            before <= observedAt && observedAt <= after,
            `${name}: ${observedAt} is not within ${before} to ${after}`,
          );
        }
      }
    },
  },
  {
    id: "observed.when-sent",
    promise: "observedAt is when the request was sent, however long its answer takes",
    needs: ["clock", "hold"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        const clock = createManualClock();
        await using held = await heldVendor(trial);
        const sentAt = clock.nowMs();
        const answer = lookedAtLater(send(trial.call({ ctx: background({ clock }) })));
        await trial.within(`the arrival of ${name}`, Promise.race([held.arrived, answer]));
        clock.advance(5_000);
        await held.release();
        const seen = await answer;
        assert(seen.length > 0, `${name} brought nothing`);
        for (const { observedAt } of seen) assert.equal(observedAt, sentAt, `${name}: it is when the answer came`);
      }
    },
  },
];

async function heldVendor(trial: Trial) {
  const held = await trial.harness.faults.hold?.();
  assert(held !== undefined, "the harness cannot hold the vendor");
  return held;
}
