import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { background, type Context } from "./context.ts";
import { createFlight } from "./flight.ts";

/** A flight that says how often it was abandoned, and contexts to wait for it by. */
function makeFlight() {
  const clock = createManualClock();
  let abandoned = 0;
  const flight = createFlight<string>({
    abandoned: () => {
      abandoned += 1;
    },
  });
  return { clock, flight, ctx: background({ clock }), timesAbandoned: () => abandoned };
}

/** What became of it: the result, or the code or message of the error, and `undefined` while it waits. */
function outcomeOf(waiting: Promise<string>): { now(): Promise<string | undefined> } {
  let outcome: string | undefined;
  waiting.then(
    (result) => {
      outcome = result;
    },
    (error: unknown) => {
      outcome = CloudLinkError.isInstance(error) ? error.code : String(error);
    },
  );
  return {
    async now() {
      await Promise.resolve();
      return outcome;
    },
  };
}

function listenersOf(...contexts: readonly Context[]): number {
  return contexts.reduce((sum, { signal }) => sum + getEventListeners(signal, "abort").length, 0);
}

const tooLate = new CloudLinkError({ reason: "ErrVendorUnavailable", message: "Later.", origin: "vendor" });

describe("a flight", () => {
  it("lands for everybody who waits, with the same result", async () => {
    const { flight, ctx } = makeFlight();
    const waiting = [flight.join(ctx), flight.join(ctx.withTimeout(10)), flight.join(ctx.withCancel())];
    expect([flight.isWanted, flight.isOver]).toEqual([true, false]);
    flight.land("result");
    expect([flight.isWanted, flight.isOver]).toEqual([false, true]);
    expect(await Promise.all(waiting)).toEqual(["result", "result", "result"]);
  });

  it("fails for everybody who waits, with the very same error", async () => {
    const { flight, ctx, timesAbandoned } = makeFlight();
    const waiting = [flight.join(ctx), flight.join(ctx)];
    const broken = new Error("broken");
    flight.fail(broken);
    for (const each of waiting) await expect(each).rejects.toBe(broken);
    expect([flight.isOver, timesAbandoned()]).toEqual([true, 0]);
  });

  it("fails for nobody, where nobody waits: no rejection is left unhandled", () => {
    const { flight, timesAbandoned } = makeFlight();
    flight.fail(new Error("broken"));
    expect([flight.isOver, timesAbandoned()]).toEqual([true, 0]);
  });

  it("is left by each by its own deadline, and takes nobody along", async () => {
    const { clock, flight, ctx, timesAbandoned } = makeFlight();
    const [hasty, patient] = [flight.join(ctx.withTimeout(10)), flight.join(ctx.withTimeout(20))].map(outcomeOf);
    clock.advance(10);
    expect([await hasty?.now(), await patient?.now()]).toEqual(["deadline_exceeded", undefined]);
    expect([flight.isWanted, timesAbandoned()]).toEqual([true, 0]);
    flight.land("result");
    expect(await patient?.now()).toBe("result");
  });

  it("is abandoned once, by the last who leaves, and by none before", async () => {
    const { clock, flight, ctx, timesAbandoned } = makeFlight();
    using canceled = ctx.withCancel();
    const waiting = [flight.join(canceled), flight.join(ctx.withTimeout(10)), flight.join(ctx.withTimeout(10))];
    const outcomes = waiting.map(outcomeOf);
    canceled.cancel();
    expect([timesAbandoned(), flight.isOver]).toEqual([0, false]);
    clock.advance(10);
    expect([timesAbandoned(), flight.isOver, flight.isWanted]).toEqual([1, true, false]);
    flight.land("too late");
    expect(await Promise.all(outcomes.map((each) => each.now()))).toEqual([
      "canceled",
      "deadline_exceeded",
      "deadline_exceeded",
    ]);
    expect(timesAbandoned()).toBe(1);
  });

  it("is abandoned at once by the only one who joins and is over already", async () => {
    const { flight, ctx, timesAbandoned } = makeFlight();
    using canceled = ctx.withCancel();
    canceled.cancel();
    await expect(flight.join(canceled)).rejects.toMatchObject({ code: "canceled" });
    expect([timesAbandoned(), flight.isOver]).toEqual([1, true]);
  });

  it("is not abandoned while it is held, and ends as others do", async () => {
    const { clock, flight, ctx, timesAbandoned } = makeFlight();
    expect(flight.isWanted).toBe(false);
    flight.hold();
    const left = outcomeOf(flight.join(ctx.withTimeout(10)));
    clock.advance(10);
    expect([await left.now(), flight.isWanted, timesAbandoned()]).toEqual(["deadline_exceeded", true, 0]);
    const next = flight.join(ctx);
    flight.land("result");
    expect([await next, flight.isWanted, flight.isOver]).toEqual(["result", false, true]);
  });

  it("waits as long as the most patient of those who wait, and for ever once it is held", () => {
    const { clock, flight, ctx } = makeFlight();
    expect(flight.patienceMs()).toBe(0);
    for (const timeoutMs of [30, 50, 40]) void flight.join(ctx.withTimeout(timeoutMs)).catch(() => {});
    expect(flight.patienceMs()).toBe(50);
    clock.advance(35);
    expect(flight.patienceMs()).toBe(15);
    void flight.join(ctx);
    expect(flight.patienceMs()).toBe(Number.POSITIVE_INFINITY);
    flight.land("result");
    expect(flight.patienceMs()).toBe(0);
    const { flight: held } = makeFlight();
    held.hold();
    expect(held.patienceMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("sends those away who cannot wait that long, with the reason, and keeps the others", async () => {
    const { flight, ctx, timesAbandoned } = makeFlight();
    const waiting = [30, 31, undefined].map((timeoutMs) =>
      outcomeOf(flight.join(timeoutMs === undefined ? ctx : ctx.withTimeout(timeoutMs))),
    );
    flight.dismiss({ waitMs: 30, error: tooLate });
    expect(await Promise.all(waiting.map((each) => each.now()))).toEqual(["unavailable", undefined, undefined]);
    expect([flight.isWanted, timesAbandoned()]).toEqual([true, 0]);
    flight.land("result");
    expect(await Promise.all(waiting.map((each) => each.now()))).toEqual(["unavailable", "result", "result"]);
  });

  it("makes no error where nobody is sent away", async () => {
    const { flight, ctx } = makeFlight();
    const waiting = outcomeOf(flight.join(ctx.withTimeout(31)));
    let made = 0;
    const request = {
      waitMs: 30,
      get error() {
        made += 1;
        return tooLate;
      },
    };
    flight.dismiss(request);
    expect([made, await waiting.now()]).toEqual([0, undefined]);
    flight.dismiss({ waitMs: 31, error: tooLate });
    expect(await waiting.now()).toBe("unavailable");
  });

  it("is abandoned when all are sent away, unless it is held", async () => {
    for (const [isHeld, times] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const { flight, ctx, timesAbandoned } = makeFlight();
      if (isHeld) flight.hold();
      const waiting = [10, 20].map((timeoutMs) => outcomeOf(flight.join(ctx.withTimeout(timeoutMs))));
      flight.dismiss({ waitMs: 20, error: tooLate });
      expect(await Promise.all(waiting.map((each) => each.now()))).toEqual(["unavailable", "unavailable"]);
      expect([flight.isOver, timesAbandoned()]).toEqual([!isHeld, times]);
    }
  });

  it.each(["land", "fail", "dismiss", "leave"] as const)(
    "leaves no listener behind when those who wait %s",
    async (how) => {
      const { flight, ctx } = makeFlight();
      const contexts = Array.from({ length: 20 }, () => ctx.withTimeout(50).withCancel());
      const waiting = contexts.map((each) => outcomeOf(flight.join(each)));
      expect(listenersOf(...contexts)).toBe(20);
      if (how === "land") flight.land("result");
      else if (how === "fail") flight.fail(tooLate);
      else if (how === "dismiss") flight.dismiss({ waitMs: 50, error: tooLate });
      else for (const each of contexts) each.cancel();
      expect(await Promise.all(waiting.map((each) => each.now()))).not.toContain(undefined);
      expect(listenersOf(...contexts)).toBe(0);
    },
  );

  it("keeps no listener of a thousand that came and went on one long-lived context", async () => {
    const { flight, ctx } = makeFlight();
    using shared = ctx.withCancel();
    flight.hold();
    for (let count = 0; count < 1_000; count += 1) {
      const waiting = outcomeOf(flight.join(shared));
      flight.dismiss({ waitMs: Number.POSITIVE_INFINITY, error: tooLate });
      expect(await waiting.now()).toBe("unavailable");
    }
    expect(listenersOf(shared)).toBe(0);
  });

  it("tells whoever joins after the end how it ended", async () => {
    const landed = makeFlight();
    landed.flight.land("there");
    expect(await landed.flight.join(landed.ctx)).toBe("there");
    const failed = makeFlight();
    failed.flight.fail(tooLate);
    await expect(failed.flight.join(failed.ctx)).rejects.toBe(tooLate);
    const left = makeFlight();
    using leaving = left.ctx.withCancel();
    const waiting = left.flight.join(leaving);
    leaving.cancel();
    await expect(waiting).rejects.toMatchObject({ code: "canceled" });
    await expect(left.flight.join(left.ctx)).rejects.toMatchObject({ code: "canceled" });
  });
});
