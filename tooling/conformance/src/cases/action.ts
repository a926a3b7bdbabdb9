import assert from "node:assert/strict";
import { type CloudLinkError, createRef } from "@cloudlink/core";
import { actionsOf, assertCarriedOut, assertEffect, assertState, eachTarget, followToEnd } from "../acting.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import type { ActionOn } from "../harness.ts";
import type { Trial } from "../trial.ts";

/** What no provider has made, whatever the form of its tokens. */
const forgedTokens = ["", "forged", "0", "null", "{}", "[]", '{"v":0}', "https://example.com/", "x".repeat(10_000)];

export const actionCases: readonly ConformanceCase[] = [
  {
    id: "act.once",
    promise: "an action that is asked for is carried out, once",
    needs: ["actions"],
    async run(trial) {
      await eachTarget(trial, async (on) => {
        await assertCarriedOut(trial, on, 0);
        await followToEnd(trial, { on, state: await trial.act(trial.call(), on) });
        await assertCarriedOut(trial, on, 1);
      });
    },
  },
  {
    id: "act.one-request",
    promise:
      "it takes one request of its operations, and under a lease that was used for one no other; each that is sent is reported",
    needs: ["actions", "vendorRequests"],
    async run(trial) {
      await eachTarget(trial, async (on, { operations }) => {
        const lease = await trial.harness.lease();
        const first = trial.call({ lease });
        const seen = await trial.vendorRequestsDuring(() => trial.act(first, on));
        assert.equal(first.requests.length, seen, `${on.action} reported ${first.requests.length} of ${seen} requests`);
        const own = first.requests.filter((operation) => operations.includes(operation));
        assert.equal(own.length, 1, `${on.action} sent ${own.length} requests of its operations`);
        const next = trial.call({ lease });
        const again = { ...on, ref: await trial.ground.target(on.action) };
        const seenNext = await trial.vendorRequestsDuring(() => trial.act(next, again));
        assert.equal(seenNext, 1, `${on.action} sent ${seenNext} requests under a lease that had been used for one`);
        assert.equal(next.requests.length, 1, `${on.action} reported ${next.requests.length} requests`);
      });
    },
  },
  {
    id: "act.state",
    promise: "what an action answers is done, or running where it is declared to go on, with a token and a wait",
    needs: ["actions"],
    async run(trial) {
      await eachTarget(trial, async (on, { follow }) => {
        const state = await trial.act(trial.call(), on);
        assertState(state);
        const possible = follow !== undefined ? ["done", "running"] : ["done"];
        assert(possible.includes(state.state), `${on.action} answers "${state.state}"`);
      });
    },
  },
  {
    id: "act.follow",
    promise: "what goes on is followed to its end by its token, in another provider of the same kind too",
    needs: ["actions", "follow"],
    async run(trial) {
      const other = trial.harness.createProvider();
      try {
        await eachTarget(
          trial,
          async (on) => {
            const state = await trial.act(trial.call(), on);
            await followToEnd(trial, { on, state, provider: other });
            // By the first token again: a look changes nothing, and what has ended has ended.
            await followToEnd(trial, { on, state });
            await assertCarriedOut(trial, on, 1);
          },
          ({ follow }) => follow !== undefined,
        );
      } finally {
        await other.close();
      }
    },
  },
  {
    id: "act.each-its-own",
    promise: "actions on several resources at once are each carried out on their own",
    needs: ["actions"],
    async run(trial) {
      for (const { action } of actionsOf(trial)) {
        const refs = await Promise.all([0, 1, 2].map(() => trial.ground.target(action)));
        await Promise.all(refs.map((ref) => trial.act(trial.call(), { ref, action })));
        for (const ref of refs) await assertCarriedOut(trial, { ref, action }, 1);
      }
    },
  },
  {
    id: "act.repeat",
    promise: "an action that the kind calls idempotent may be asked for again, while it goes on and afterwards",
    needs: ["actions"],
    async run(trial) {
      await eachTarget(trial, async (on, { isIdempotent }) => {
        if (!isIdempotent) return;
        await trial.act(trial.call(), on);
        const state = await trial.act(trial.call(), on);
        await followToEnd(trial, { on, state });
        await followToEnd(trial, { on, state: await trial.act(trial.call(), on) });
      });
    },
  },
  {
    id: "act.declared-operations",
    promise: "an action reports the operations that it declares, and following it those that it declares of that",
    needs: ["actions"],
    async run(trial) {
      await trial.knowIdentity();
      await eachTarget(trial, async (on, { operations, follow }) => {
        const call = trial.call();
        const state = await trial.act(call, on);
        assertAmong(call.requests, { known: operations, what: on.action });
        if (state.state !== "running") return;
        const following = trial.call();
        await trial.follow(following, { ...on, token: state.token });
        assertAmong(following.requests, { known: follow?.operations ?? [], what: `following ${on.action}` });
      });
    },
  },
  {
    id: "act.dry-run",
    promise: "a trial says that the action would be allowed, and does nothing",
    needs: ["actions", "dryRun"],
    async run(trial) {
      await eachTarget(
        trial,
        async (on) => {
          const state = await trial.act(trial.call(), { ...on, dryRun: true });
          assert.deepStrictEqual(state, { state: "allowed" });
          await assertCarriedOut(trial, on, 0);
        },
        ({ dryRun }) => dryRun,
      );
    },
  },
  {
    id: "act.wrong-state",
    promise: "an action that is not possible in the resource's state is failed_precondition, and nothing is done",
    needs: ["actions", "wrongState"],
    async run(trial) {
      let found = 0;
      for (const { action } of actionsOf(trial)) {
        const ref = await trial.ground.wrongState?.(action);
        if (ref === undefined) continue;
        found += 1;
        const error = await refused(trial, { ref, action });
        assert.deepStrictEqual([error.code, error.reason], ["failed_precondition", "ErrInvalidState"], error.message);
        await assertCarriedOut(trial, { ref, action }, 0);
      }
      assert(found > 0, "the harness has no resource in a wrong state");
    },
  },
  {
    id: "act.absent",
    promise: "an action on what is not there is not_found",
    needs: ["actions"],
    async run(trial) {
      for (const { action } of actionsOf(trial)) {
        for (const ref of trial.harness.absent) {
          const error = await refused(trial, { ref, action });
          assert.deepStrictEqual([error.code, error.reason], ["not_found", "ErrResourceNotFound"], error.message);
        }
      }
    },
  },
  {
    id: "act.malformed",
    promise: "an action on an id that the vendor cannot have issued is invalid_argument, without a vendor call",
    needs: ["actions", "malformed"],
    async run(trial) {
      for (const { action } of actionsOf(trial)) {
        for (const ref of trial.harness.malformed ?? []) {
          const call = trial.call();
          const error = await trial.rejection(`${action} of ${ref.key}`, trial.act(call, { ref, action }));
          assert.deepStrictEqual(
            [error.code, error.reason],
            ["invalid_argument", "ErrInvalidResourceId"],
            error.message,
          );
          assertEffect(error, { what: action, possible: ["none"] });
          assert.deepStrictEqual(call.requests, [], "the vendor was asked");
        }
      }
    },
  },
  {
    id: "act.wrong-lease",
    promise: "credentials of another account than the scope's do nothing, and that is not taken for absence",
    needs: ["actions", "otherPlace"],
    async run(trial) {
      await eachTarget(trial, async (on) => {
        const call = { ...trial.call(), lease: trial.otherCall().lease };
        const error = await trial.rejection(on.action, trial.act(call, on));
        assert.notEqual(error.code, "not_found", "it was taken for absence");
        assertEffect(error, { what: on.action, possible: ["none"] });
        await assertCarriedOut(trial, on, 0);
      });
    },
  },
  {
    id: "act.other-account",
    promise:
      "credentials of another account do nothing there either, to what has the id in that account, and a trial of it is refused too",
    needs: ["actions", "otherPlace"],
    async run(trial) {
      const { provider, partition, account } = trial.harness.scope;
      for (const { action, dryRun: hasTrial, operations } of actionsOf(trial)) {
        for (const { ref: theirs } of trial.otherPlace.present) {
          const { region, kind, id } = theirs;
          const ref = createRef({ provider, partition, account, region, kind, id });
          for (const dryRun of hasTrial ? [true, false] : [false]) {
            const call = { ...trial.call(), lease: trial.otherCall().lease };
            const what = `${dryRun ? "a trial of " : ""}${action} of what is another's`;
            const error = await trial.rejection(what, trial.act(call, { ref, action, dryRun }));
            assert.notEqual(error.code, "not_found", "it was taken for absence");
            assertEffect(error, { what, possible: ["none"] });
            const sent = call.requests.filter((operation) => operations.includes(operation));
            assert.deepStrictEqual(sent, [], `${what} was sent`);
            await assertCarriedOut(trial, { ref, action }, 0);
            await assertCarriedOut(trial, { ref: theirs, action }, 0);
          }
        }
      }
    },
  },
  {
    id: "act.forged-token",
    promise: "a token that the provider did not make is refused as one, without a vendor call",
    needs: ["actions", "follow"],
    async run(trial) {
      await eachTarget(
        trial,
        async (on) => {
          for (const token of forgedTokens) {
            const call = trial.call();
            const error = await trial.rejection("following a forged token", trial.follow(call, { ...on, token }));
            const expected = ["invalid_argument", "ErrInvalidOperationToken"];
            assert.deepStrictEqual([error.code, error.reason], expected, error.message);
            assert(error.effect !== undefined, "nothing says whether anything was done");
            assert.deepStrictEqual(call.requests, [], "the vendor was asked");
          }
        },
        ({ follow }) => follow !== undefined,
      );
    },
  },
];

/** What the vendor refuses an action with: nothing is done. */
async function refused(trial: Trial, on: ActionOn): Promise<CloudLinkError> {
  const what = `${on.action} of ${on.ref.key}`;
  const error = await trial.rejection(what, trial.act(trial.call(), on));
  assertEffect(error, { what, possible: ["none"] });
  assert.equal(error.retry.retryable, false, `${what} is not worth another try`);
  return error;
}

function assertAmong(given: readonly string[], { known, what }: { known: readonly string[]; what: string }): void {
  for (const name of given) assert(known.includes(name), `${what} reports ${name}, and declares ${known.join(", ")}`);
}
