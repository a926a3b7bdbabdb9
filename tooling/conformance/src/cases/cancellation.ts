import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { background, CloudLinkError } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import type { ConformanceCase } from "../conformance-case.ts";
import type { HeldVendor } from "../harness.ts";
import { lookedAtLater } from "../looked-at-later.ts";
import { readsOf } from "../read.ts";
import type { Trial } from "../trial.ts";

export const cancellationCases: readonly ConformanceCase[] = [
  {
    id: "abort.before",
    promise: "a call that is canceled before it begins is rejected as canceled, without a vendor call",
    needs: [],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        const ctx = background().withCancel();
        ctx.cancel();
        const call = trial.call({ ctx });
        await assertCode(trial, { what: name, promise: send(call), code: "canceled" });
        assert.deepStrictEqual(call.requests, [], `${name} asked the vendor all the same`);
      }
    },
  },
  {
    id: "abort.before-identify",
    promise: "so is identify",
    needs: [],
    async run(trial) {
      const ctx = background().withCancel();
      ctx.cancel();
      const call = trial.call({ ctx });
      await assertCode(trial, { what: "identify", promise: trial.provider.identify(call), code: "canceled" });
      assert.deepStrictEqual(call.requests, []);
    },
  },
  {
    id: "abort.during",
    promise: "a call that is canceled while the vendor is silent is rejected as canceled, at once",
    needs: ["hold"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        await using held = await heldVendor(trial);
        const ctx = background().withCancel();
        const promise = send(trial.call({ ctx }));
        const rejected = lookedAtLater(assertCode(trial, { what: name, promise, code: "canceled" }));
        await arrival(trial, { held, name });
        ctx.cancel();
        await rejected;
      }
    },
  },
  {
    id: "abort.reaches-vendor",
    promise: "the vendor's side sees that the client of a canceled call has gone",
    needs: ["hold", "clientGone"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        await using held = await heldVendor(trial);
        const ctx = background().withCancel();
        const rejected = lookedAtLater(trial.rejection(name, send(trial.call({ ctx }))));
        await arrival(trial, { held, name });
        ctx.cancel();
        await rejected;
        assert(held.clientGone !== undefined, "the harness does not see clients go");
        await trial.within(`the end of the connection of ${name}`, held.clientGone);
      }
    },
  },
  {
    id: "abort.spoils-nobody",
    promise: "a call that is canceled takes no other along",
    needs: ["get", "hold"],
    async run(trial) {
      await using held = await heldVendor(trial);
      const ctx = background().withCancel();
      const canceled = lookedAtLater(
        trial.rejection("the canceled get", trial.get(trial.call({ ctx }), trial.first.ref)),
      );
      await arrival(trial, { held, name: "get" });
      const other = lookedAtLater(trial.get(trial.call(), trial.first.ref));
      ctx.cancel();
      await canceled;
      await held.release();
      assert.equal((await other).ref.key, trial.first.ref.key);
    },
  },
  {
    id: "abort.own-reason",
    promise: "a call that is ended with an error of the caller's is rejected with that error's code",
    needs: ["hold"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        await using held = await heldVendor(trial);
        const controller = new AbortController();
        const ctx = background().withSignal(controller.signal);
        const rejected = lookedAtLater(
          assertCode(trial, { what: name, promise: send(trial.call({ ctx })), code: "aborted" }),
        );
        await arrival(trial, { held, name });
        controller.abort(
          new CloudLinkError({ code: "aborted", reason: "test.Ended", message: "Ended.", origin: "kernel" }),
        );
        await rejected;
      }
    },
  },
  {
    id: "abort.between-pages",
    promise: "a list whose call is canceled between two pages asks no more of the vendor",
    needs: ["list"],
    async run(trial) {
      const ctx = background().withCancel();
      const call = trial.call({ ctx });
      const batches = trial.open(call);
      await trial.nextPage(batches);
      const requests = call.requests.length;
      ctx.cancel();
      await assertCode(trial, { what: "the page after", promise: trial.nextPage(batches), code: "canceled" });
      assert.equal(call.requests.length, requests, "the vendor was asked for another page");
    },
  },
  {
    id: "abort.no-listener-left",
    promise: "a call that is over has let go of its signal",
    needs: [],
    async run(trial) {
      const { signal } = new AbortController();
      for (const { name, send } of readsOf(trial)) {
        for (let count = 0; count < 5; count += 1) await send(trial.call({ ctx: background().withSignal(signal) }));
        // The first page of a list is not its end; what it still listens for, it listens for with one.
        const most = name === "list" ? 5 : 0;
        assert(getEventListeners(signal, "abort").length <= most, `${name} still listens after it has answered`);
      }
    },
  },
  {
    id: "deadline.past",
    promise: "a call whose deadline has passed is rejected as deadline_exceeded, without a vendor call",
    needs: ["clock"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        const clock = createManualClock();
        const ctx = background({ clock }).withTimeout(10);
        clock.advance(10);
        const call = trial.call({ ctx });
        await assertCode(trial, { what: name, promise: send(call), code: "deadline_exceeded" });
        assert.deepStrictEqual(call.requests, [], `${name} asked the vendor all the same`);
      }
    },
  },
  {
    id: "deadline.during",
    promise: "a call whose deadline comes while the vendor is silent is rejected as deadline_exceeded",
    needs: ["clock", "hold"],
    async run(trial) {
      for (const { name, send } of readsOf(trial)) {
        await using held = await heldVendor(trial);
        const clock = createManualClock();
        const call = trial.call({ ctx: background({ clock }).withTimeout(800) });
        const rejected = lookedAtLater(
          assertCode(trial, { what: name, promise: send(call), code: "deadline_exceeded" }),
        );
        await arrival(trial, { held, name });
        clock.advance(800);
        await rejected;
      }
    },
  },
  {
    id: "close.spoils-nobody",
    promise: "close ends one provider, and no other of the same settings",
    needs: [],
    async run(trial) {
      const other = trial.harness.createProvider();
      await trial.within("close", other.close());
      for (const { send } of readsOf(trial)) assert((await send(trial.call())).length > 0);
    },
  },
  {
    id: "close.again",
    promise: "close may be called again, at the same time or afterwards, and rejects nothing",
    needs: [],
    async run(trial) {
      const [read] = readsOf(trial);
      await read?.send(trial.call());
      await trial.within("close, twice at once", Promise.all([trial.provider.close(), trial.provider.close()]));
      await trial.within("close afterwards", trial.provider.close());
    },
  },
  {
    id: "close.cancels",
    promise: "close ends what is under way: a call that runs is rejected as canceled",
    needs: ["hold"],
    async run(trial) {
      const [read] = readsOf(trial);
      assert(read !== undefined, "the provider declares no way of reading");
      await using held = await heldVendor(trial);
      const rejected = lookedAtLater(
        assertCode(trial, { what: read.name, promise: read.send(trial.call()), code: "canceled" }),
      );
      await arrival(trial, { held, name: read.name });
      await trial.within("close", trial.provider.close());
      await rejected;
    },
  },
];

interface Expected {
  readonly what: string;
  readonly promise: Promise<unknown>;
  readonly code: string;
}

async function assertCode(trial: Trial, { what, promise, code }: Expected): Promise<void> {
  const error = await trial.rejection(what, promise);
  assert.equal(error.code, code, `${what} was rejected with ${error.message}`);
}

async function heldVendor(trial: Trial): Promise<HeldVendor> {
  const held = await trial.harness.faults.hold?.();
  assert(held !== undefined, "the harness cannot hold the vendor");
  return held;
}

async function arrival(trial: Trial, { held, name }: { held: HeldVendor; name: string }): Promise<void> {
  await trial.within(`the arrival of ${name} at the vendor`, held.arrived);
}
