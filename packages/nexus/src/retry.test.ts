import { background, type CloudLinkError } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, notFound, throttled, unavailable } from "../test/errors.ts";
import { retrying } from "./retry.ts";
import { createRetryBudgets } from "./retry-budget.ts";

/** Tries that fail as scripted and then succeed, with every delay that was waited for. */
function scripted(
  failures: readonly CloudLinkError[],
  options: { readonly random?: number; readonly timeoutMs?: number } = {},
) {
  const { random = 0.5, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const clock = createManualClock();
  const ctx = background({ clock }).withTimeout(timeoutMs).withCancel();
  const script = [...failures];
  const delaysMs: number[] = [];
  let attempts = 0;
  const result = retrying(ctx, {
    budget: createRetryBudgets().of(["limit"]),
    random: () => random,
    mayRepeat: () => true,
    mostPatientMs: () => Number.POSITIVE_INFINITY,
    onRetry: ({ delayMs }) => delaysMs.push(delayMs),
    async attempt() {
      attempts += 1;
      const failure = script.shift();
      if (failure !== undefined) throw failure;
      return "done";
    },
  });
  return { clock, ctx, delaysMs, result, attempts: () => attempts };
}

/** Lets the given number of waits pass. */
async function wait({ clock }: ReturnType<typeof scripted>, waits: number, others = 0): Promise<void> {
  for (let passed = 0; passed < waits; passed += 1) {
    await clock.whenPending(1 + others);
    clock.advanceToNext();
  }
}

describe("a call that is tried again", () => {
  it("waits a random part of 50 ms after a transient failure, and of twice that after the next", async () => {
    const run = scripted([unavailable(), unavailable()]);
    await wait(run, 2);
    expect(await run.result).toBe("done");
    expect(run.delaysMs).toEqual([25, 50]);
  });

  it("waits a random part of a second after a throttle, and of twice that after the next", async () => {
    const run = scripted([throttled(), throttled()], { random: 0.25 });
    await wait(run, 2);
    expect(await run.result).toBe("done");
    expect(run.delaysMs).toEqual([250, 500]);
  });

  it("waits no shorter than the vendor asked, whatever the jitter", async () => {
    const run = scripted([throttled(3_000), throttled(1)], { random: 0 });
    await wait(run, 2);
    await run.result;
    expect(run.delaysMs).toEqual([3_000, 1]);
  });

  it("spreads calls that the vendor asked to wait alike: the jitter comes on top", async () => {
    const run = scripted([throttled(1_000), throttled(Number.NaN)]);
    await wait(run, 2);
    await run.result;
    expect(run.delaysMs).toEqual([1_500, 1_000]);
  });

  it("does not try before the wait is over", async () => {
    const run = scripted([throttled(200)], { random: 0 });
    await run.clock.whenPending(1);
    run.clock.advance(199);
    expect(run.attempts()).toBe(1);
    expect(run.clock.pendingTimers).toBe(1);
    run.clock.advance(1);
    await run.result;
    expect(run.attempts()).toBe(2);
  });

  it("fails with the vendor's own error after three tries", async () => {
    const last = throttled(7);
    const run = scripted([unavailable(), unavailable(), last, notFound()]);
    await wait(run, 2);
    expect(await failureOf(run.result)).toBe(last);
    expect(run.attempts()).toBe(3);
  });

  it("fails at once with what will not pass", async () => {
    const run = scripted([notFound()]);
    expect((await failureOf(run.result)).code).toBe("not_found");
    expect([run.attempts(), run.clock.pendingTimers]).toEqual([1, 0]);
  });

  it("fails at once with the vendor's own error when the wait would reach the deadline", async () => {
    for (const [afterMs, tries] of [
      [999, 2],
      [1_000, 1],
      [1_200_000, 1],
    ] as const) {
      const run = scripted([throttled(afterMs)], { random: 0, timeoutMs: 1_000 });
      if (tries === 2) await wait(run, 1, 1);
      const outcome = await run.result.catch((error: CloudLinkError) => error.retry.afterMs);
      expect([outcome, run.attempts()]).toEqual([tries === 2 ? "done" : afterMs, tries]);
      expect(run.delaysMs).toHaveLength(tries - 1);
    }
  });

  it("leaves its wait at once when it is canceled, and leaves no timer behind", async () => {
    const run = scripted([throttled(60_000)]);
    await run.clock.whenPending(1);
    run.ctx.cancel();
    expect((await failureOf(run.result)).code).toBe("canceled");
    expect([run.attempts(), run.clock.pendingTimers]).toEqual([1, 0]);
  });

  it("does not repeat what is no CloudLinkError", async () => {
    let attempts = 0;
    const result = retrying(background(), {
      budget: createRetryBudgets().of(["limit"]),
      random: () => 0,
      mayRepeat: () => true,
      mostPatientMs: () => Number.POSITIVE_INFINITY,
      onRetry: () => {},
      attempt: () => {
        attempts += 1;
        return Promise.reject(new TypeError("broken"));
      },
    });
    await expect(result).rejects.toThrow("broken");
    expect(attempts).toBe(1);
  });
});
