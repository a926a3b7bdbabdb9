import assert from "node:assert/strict";
import { background, CloudLinkError, type ProviderCall } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import {
  type ActFault,
  actionsOf,
  assertCarriedOut,
  assertEffect,
  eachTarget,
  failuresUnder,
  possibleEffects,
} from "../acting.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { lookedAtLater } from "../looked-at-later.ts";
import { leaksOf, textsOfError } from "../secret-search.ts";
import type { Trial } from "../trial.ts";

const faultNames = Object.keys(possibleEffects) as readonly ActFault[];

export const actionEffectCases: readonly ConformanceCase[] = [
  {
    id: "act.denied",
    promise: "an action that the identity may not do is permission_denied, and nothing is done",
    needs: ["actions", "denied"],
    async run(trial) {
      for (const { error, on } of await failuresUnder(trial, "denied")) {
        assert.deepStrictEqual([error.code, error.retry.retryable], ["permission_denied", false], error.message);
        await assertCarriedOut(trial, on, 0);
      }
    },
  },
  {
    id: "act.dry-run-denied",
    promise: "and so is the trial of it",
    needs: ["actions", "dryRun", "denied"],
    async run(trial) {
      for (const { error, on } of await failuresUnder(trial, "denied", { dryRun: true })) {
        assert.deepStrictEqual([error.code, error.retry.retryable], ["permission_denied", false], error.message);
        await assertCarriedOut(trial, on, 0);
      }
    },
  },
  {
    id: "act.throttle",
    promise: "an action that is throttled is resource_exhausted, says how long to wait, and nothing is done",
    needs: ["actions", "throttle"],
    async run(trial) {
      for (const { error, on, fault } of await failuresUnder(trial, "throttle")) {
        assert.deepStrictEqual([error.code, error.retry.retryable], ["resource_exhausted", true], error.message);
        const { afterMs } = error.retry;
        assert(afterMs !== undefined && afterMs > 0, "it does not say how long to wait");
        if (fault.afterMs !== undefined) assert.equal(afterMs, fault.afterMs, "the vendor said how long");
        await assertCarriedOut(trial, on, 0);
      }
    },
  },
  {
    id: "act.server-error",
    promise: "a fault of the vendor's leaves it unknown whether the action was carried out",
    needs: ["actions", "serverError"],
    async run(trial) {
      for (const { error } of await failuresUnder(trial, "serverError")) {
        assert.equal(error.code, "unavailable", error.message);
      }
    },
  },
  {
    id: "act.answer-lost",
    promise:
      "an action that was carried out and whose answer is lost says that it is unknown, never that nothing was done",
    needs: ["actions", "answerLost"],
    async run(trial) {
      for (const { error, on } of await failuresUnder(trial, "answerLost")) {
        assert.equal(error.code, "unavailable", error.message);
        await assertCarriedOut(trial, on, 1);
      }
    },
  },
  {
    id: "act.broken-body",
    promise: "an answer of success that cannot be decoded is internal, and never says that nothing was done",
    needs: ["actions", "brokenBody"],
    async run(trial) {
      for (const { error } of await failuresUnder(trial, "brokenBody")) {
        assert.deepStrictEqual([error.code, error.reason], ["internal", "ErrMalformedResponse"], error.message);
      }
    },
  },
  {
    id: "act.cut",
    promise: "an answer that breaks off is unavailable, and never says that nothing was done",
    needs: ["actions", "cut"],
    async run(trial) {
      for (const { error } of await failuresUnder(trial, "cut")) {
        assert.equal(error.code, "unavailable", error.message);
      }
    },
  },
  {
    id: "act.cut-before",
    promise: "a connection that breaks before an answer is unavailable, and never says that it was done",
    needs: ["actions", "cutBefore"],
    async run(trial) {
      for (const { error, on } of await failuresUnder(trial, "cutBefore")) {
        assert.equal(error.code, "unavailable", error.message);
        await assertCarriedOut(trial, on, 0);
      }
    },
  },
  {
    id: "act.canceled-before",
    promise: "an action that is canceled before it begins is canceled, without a vendor call, and nothing is done",
    needs: ["actions"],
    async run(trial) {
      await eachTarget(trial, async (on) => {
        const ctx = background().withCancel();
        ctx.cancel();
        const call = trial.call({ ctx });
        const error = await trial.rejection(on.action, trial.act(call, on));
        assert.equal(error.code, "canceled", error.message);
        assertEffect(error, { what: on.action, possible: ["none"] });
        assert.deepStrictEqual(call.requests, [], "the vendor was asked all the same");
        await assertCarriedOut(trial, on, 0);
      });
    },
  },
  {
    id: "act.canceled-during",
    promise:
      "an action that is canceled while the vendor is silent is canceled at once, and whether it was done is unknown",
    needs: ["actions", "hold"],
    async run(trial) {
      for (const { action } of actionsOf(trial)) {
        const on = { ref: await trial.ground.target(action), action };
        await trial.knowIdentity();
        await using held = await heldVendor(trial);
        const ctx = background().withCancel();
        const rejected = lookedAtLater(trial.rejection(action, trial.act(trial.call({ ctx }), on)));
        await trial.within(`the arrival of ${action} at the vendor`, held.arrived);
        ctx.cancel();
        const error = await rejected;
        assert.equal(error.code, "canceled", error.message);
        assertEffect(error, { what: action, possible: ["unknown"] });
      }
    },
  },
  {
    id: "act.deadline-during",
    promise: "and so it is when its deadline comes",
    needs: ["actions", "clock", "hold"],
    async run(trial) {
      for (const { action } of actionsOf(trial)) {
        const on = { ref: await trial.ground.target(action), action };
        await trial.knowIdentity();
        await using held = await heldVendor(trial);
        const clock = createManualClock();
        const call = trial.call({ ctx: background({ clock }).withTimeout(800) });
        const rejected = lookedAtLater(trial.rejection(action, trial.act(call, on)));
        await trial.within(`the arrival of ${action} at the vendor`, held.arrived);
        clock.advance(800);
        const error = await rejected;
        assert.equal(error.code, "deadline_exceeded", error.message);
        assertEffect(error, { what: action, possible: ["unknown"] });
      }
    },
  },
  {
    id: "act.no-retry",
    promise: "a provider does not try an action again by itself: one request, one failure",
    needs: ["actions", "serverError", "vendorRequests"],
    async run(trial) {
      for (const name of ["serverError", "throttle", "answerLost"] as const) {
        if (trial.harness.faults[name] === undefined) continue;
        for (const { what, call, seen } of await failuresUnder(trial, name)) {
          assert.equal(call.requests.length, 1, `${what}: ${call.requests.length} requests reported`);
          assert.equal(seen, 1, `${what}: ${seen} requests sent`);
        }
      }
    },
  },
  {
    id: "act.effects",
    promise:
      "whatever goes wrong, the error says what is known of the effect, and is the same after a way through JSON",
    needs: ["actions"],
    async run(trial) {
      for (const name of faultNames) {
        if (trial.harness.faults[name] === undefined) continue;
        for (const { what, error } of await failuresUnder(trial, name)) {
          const copy = CloudLinkError.fromJSON(JSON.parse(JSON.stringify(error)));
          assert.deepStrictEqual(copy.toJSON(), error.toJSON(), what);
          assert(error.rawMessage.trim() !== "", `${what}: the message is empty`);
        }
      }
    },
  },
  {
    id: "act.follow-failure",
    promise: "a look that fails never says that nothing was done: the action had been accepted",
    needs: ["actions", "follow", "serverError"],
    async run(trial) {
      await eachTarget(
        trial,
        async (on) => {
          const state = await trial.act(trial.call(), on);
          if (state.state !== "running") return;
          await using _ = await trial.harness.faults.serverError?.();
          const what = `following ${on.action}`;
          const error = await trial.rejection(what, trial.follow(trial.call(), { ...on, token: state.token }));
          assertEffect(error, { what, possible: ["done", "unknown"] });
        },
        ({ follow }) => follow !== undefined,
      );
    },
  },
  {
    id: "act.secrets",
    promise: "no token and no error of an action has a key of the lease in it, also where the vendor repeats one",
    needs: ["actions"],
    async run(trial) {
      const { echoedSecret } = trial.harness.faults;
      await eachTarget(trial, async (on) => {
        const call = trial.call();
        assertClean([JSON.stringify(await trial.act(call, on))], { call, what: on.action });
      });
      for (const name of faultNames) {
        if (trial.harness.faults[name] === undefined) continue;
        for (const { error, call, what } of await failuresUnder(trial, name)) {
          assertClean(textsOfError(error), { call, what });
        }
      }
      if (echoedSecret === undefined) return;
      for (const secret of secretsOf(trial.call())) {
        await eachTarget(trial, async (on) => {
          await using _ = await echoedSecret([secret]);
          const call = trial.call();
          const error = await trial.rejection(on.action, trial.act(call, on));
          assertClean(textsOfError(error), { call, what: `${on.action}, echoed` });
        });
      }
    },
  },
];

async function heldVendor(trial: Trial) {
  const held = await trial.harness.faults.hold?.();
  assert(held !== undefined, "the harness cannot hold the vendor");
  return held;
}

function secretsOf({ lease }: ProviderCall): readonly string[] {
  return lease.kind === "keys" ? Object.values(lease.keys.reveal()) : [];
}

function assertClean(
  texts: readonly string[],
  { call, what }: { readonly call: ProviderCall; readonly what: string },
): void {
  for (const secret of secretsOf(call)) {
    const leaks = leaksOf(secret, texts);
    assert(leaks.length === 0, `${what}: a key of the lease is in it (${leaks.join(", ")})`);
  }
}
