import { background, type CloudLinkError, createScope, type LimitStore, type LimitTake } from "@cloudlink/core";
import { createLimitStoreDouble, createManualClock, type ManualClock } from "@cloudlink/core/testing";
import type { CallLimit } from "../src/call-limits.ts";
import { Limits } from "../src/limits.ts";

/** EC2's numbers. */
export const limit: CallLimit = {
  key: "fake/reads/1",
  name: "reads",
  operations: ["get"],
  burst: 100,
  refillPerSecond: 20,
};

export const scope = createScope({
  ...{ tenant: "t", provider: "fake", partition: "-", account: "1", role: "reader", region: "north" },
});

/** A process that shares limits: what left of its calls, and what it asked of the store. */
export interface Process {
  readonly limits: Limits;
  readonly takes: LimitTake[];
  readonly refused: CloudLinkError[];
  left: number;
  /** `"fails"` and `"hangs"` until it is `"answers"` again; `"unread"` while its answers are there as soon as somebody looks into the socket. */
  store: "answers" | "fails" | "hangs" | "unread";
  /** What hangs fails. */
  drop(): void;
  call(count?: number, timeoutMs?: number, charged?: CallLimit): void;
}

/** A process with a kernel's limits, on a store that a test takes away from it. */
export function processOf(clock: ManualClock, shared: LimitStore): Process {
  const takes: LimitTake[] = [];
  const hanging = Promise.withResolvers<never>();
  hanging.promise.catch(() => {});
  const answer = async <Given>(ask: () => Promise<Given>): Promise<Given> => {
    if (made.store === "unread") await new Promise((resolve) => setImmediate(resolve));
    if (made.store === "hangs") await hanging.promise;
    if (made.store === "fails") throw new Error("connection lost");
    return await ask();
  };
  const store: LimitStore = {
    take(request) {
      takes.push(request);
      return answer(() => shared.take(request));
    },
    throttled: (word) => answer(() => shared.throttled(word)),
    lower: (word) => answer(() => shared.lower(word)),
  };
  const limits = new Limits({ store });
  const made: Process = {
    ...{ limits, takes, refused: [], left: 0, store: "answers" },
    drop: () => hanging.reject(new Error("connection lost")),
    call(count = 1, timeoutMs = Number.POSITIVE_INFINITY, charged = limit) {
      for (let each = 0; each < count; each += 1) {
        const ctx = background({ clock }).withTimeout(timeoutMs);
        const turn = limits.enter({ ctx, scope, limits: [charged], patienceMs: Number.POSITIVE_INFINITY });
        const go = () => {
          limits.sent(clock, charged);
          made.left += 1;
        };
        if (turn === undefined) go();
        else turn.then(go, (error: CloudLinkError) => made.refused.push(error));
      }
    },
  };
  return made;
}

/** Moves the clock on by steps, so that answers arrive in between. */
export async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 10) {
    clock.advance(Math.min(leftMs, 10));
    await settled();
  }
  await settled();
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Processes, each with its own kernel, that share one store. */
export function processes(count: number): { readonly clock: ManualClock; readonly all: readonly Process[] } {
  const clock = createManualClock();
  const double = createLimitStoreDouble({ clock });
  return { clock, all: Array.from({ length: count }, () => processOf(clock, double.store())) };
}

export const sum = (all: readonly Process[]) => all.reduce((total, { left }) => total + left, 0);
