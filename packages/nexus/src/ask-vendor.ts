import {
  background,
  boundsFor,
  type CancelableContext,
  CloudLinkError,
  type Observation,
  type Outcome,
} from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import { KernelCall } from "./kernel-call.ts";
import { absent, isAbsence, observed } from "./observation.ts";
import { readBatch } from "./read-batch.ts";
import type { Departure, Reading } from "./reading.ts";

/** Readings that leave together. */
export interface Batch {
  readonly batch: readonly [Reading, ...Reading[]];
  /** More that come along, nobody waiting for them; asked at the instant of the departure. */
  alongside(nowMs: number): readonly Reading[];
  /** Told of each reading when it has ended, and by what if it failed. */
  ended(reading: Reading, error?: unknown): void;
}

/**
 * Asks the vendor for a batch, on a context of its own: with the kernel's default time, or more where somebody who waits has more, and
 * broken off when nobody waits any more. It does not reject: each reading is told how it ended.
 */
export async function askVendor(kernel: Kernel, asked: Batch): Promise<void> {
  const readings: Reading[] = [...asked.batch];
  try {
    await depart(kernel, { ...asked, readings });
  } catch (error) {
    // A port threw, which it must not. Nobody is to wait for what nobody would end.
    for (const reading of readings) {
      if (reading.flight.isOver) continue;
      asked.ended(reading, error);
      reading.flight.fail(error);
    }
  }
}

/** Adds what comes along to `readings`, and sees them all to their end. */
async function depart(
  kernel: Kernel,
  { batch, readings, alongside, ended }: Batch & { readonly readings: Reading[] },
): Promise<void> {
  const [{ clock, payer, plan }] = batch;
  using ctx = ownContext(kernel, batch);
  const at = clock.monotonicMs();
  readings.push(...alongside(at));
  const refs = readings.map(({ ref }) => ref);
  using fill = plan.namespace.beginFill(clock, refs);
  const departure: Departure = {
    at,
    fill,
    isOverdue: false,
    isBrokenOff: false,
    abandoned() {
      if (readings.some(({ flight }) => flight.isWanted)) return;
      departure.isBrokenOff = true;
      ctx.cancel();
    },
  };
  for (const reading of readings) reading.departure = departure;
  const call = new KernelCall(ctx, { telemetry: kernel.telemetry, operation: "get", kind: plan.kind.name, payer });
  call.provider = plan.scope.provider;
  const outcomes = await outcomesOf(kernel, { call, ctx, readings, splits: mostSplits(readings.length) });
  departure.isOverdue = ctx.error()?.code === "deadline_exceeded";
  for (const [index, outcome] of outcomes.entries()) {
    const reading = readings[index] as Reading;
    const { flight, ref } = reading;
    if (outcome.ok) {
      const observation = outcome.state;
      const usual = boundsFor(plan.advice, observation.value);
      observed(kernel, { scope: plan.scope, fill, observation, usual });
      if (reading.payer === undefined) kernel.notes.note("refreshed", plan.subject);
      ended(reading);
      flight.land(observation);
    } else {
      const { error, saysOfRef } = outcome;
      if (saysOfRef && isAbsence(error)) absent(kernel, { scope: plan.scope, fill, ref });
      ended(reading, error);
      flight.fail(error);
    }
  }
}

function ownContext(kernel: Kernel, batch: Batch["batch"]): CancelableContext {
  const [{ clock, payer, plan }] = batch;
  const patience = batch.map(({ flight }) => flight.patienceMs()).filter(Number.isFinite);
  const ctx = background({ clock })
    .withTenant(plan.tenant)
    .withTimeout(Math.max(kernel.defaultTimeoutMs, ...patience))
    .withSignal(kernel.closing);
  return (payer === undefined ? ctx : ctx.withTrace(payer.trace)).withCancel();
}

/** What came of a reading; and of a failure, whether it is that ref's own, and not that of a call for several. */
export type ReadingOutcome =
  | { readonly ok: true; readonly state: Observation<unknown> }
  | { readonly ok: false; readonly error: unknown; readonly saysOfRef: boolean };

/** Errors that are about what was asked for, and may be about one ref alone. */
const blaming: ReadonlySet<string> = new Set(["invalid_argument", "not_found", "failed_precondition"]);

/** Errors of a call for several that a call for one need not have: who may read one may not be allowed to read many. */
const ofMany: ReadonlySet<string> = new Set([...blaming, "permission_denied", "unimplemented"]);

/** How many calls more are made to find out which of several refs is to blame: as many as it takes for one. */
function mostSplits(refs: number): { left: number } {
  return { left: 2 * Math.ceil(Math.log2(refs)) };
}

/** Readings that are asked for, and how many calls more may be made for them. */
interface AskedReadings {
  readonly call: KernelCall;
  readonly ctx: CancelableContext;
  readonly readings: readonly Reading[];
  readonly splits: { left: number };
}

/**
 * An outcome for each reading. When a call for several is refused in a way that one of them may be to blame for, it is made once more without
 * those that came along, and then by halves: one bad ref is not an error of all. Of those that are left when the calls for it are used up nobody
 * knows, and that is what they are told.
 */
async function outcomesOf(kernel: Kernel, asked: AskedReadings): Promise<readonly ReadingOutcome[]> {
  const { readings, splits, ctx } = asked;
  const [first] = readings as [Reading];
  const by = readings.length === 1 ? first.plan.by : "getMany";
  try {
    const outcomes = await readBatch(kernel, { ...asked, by });
    return outcomes.map((outcome: Outcome<Observation<unknown>>) =>
      outcome.ok ? outcome : { ok: false, error: outcome.error, saysOfRef: true },
    );
  } catch (error) {
    const failed = { ok: false, error, saysOfRef: by === "get" } as const;
    const code = CloudLinkError.isInstance(error) ? error.code : undefined;
    if (readings.length === 1 || code === undefined || ctx.error() !== undefined) return readings.map(() => failed);
    const wanted = readings.filter(({ flight }) => flight.isWanted);
    if (wanted.length > 0 && wanted.length < readings.length && ofMany.has(code)) {
      const outcomes = await outcomesOf(kernel, { ...asked, readings: wanted });
      return readings.map((reading) => outcomes[wanted.indexOf(reading)] ?? failed);
    }
    if (!blaming.has(code)) return readings.map(() => failed);
    if (splits.left < 2) return readings.map(() => ({ ...failed, error: notFoundOut(error, first) }));
    splits.left -= 2;
    const middle = Math.ceil(readings.length / 2);
    const halves = [readings.slice(0, middle), readings.slice(middle)];
    const outcomes = await Promise.all(halves.map((half) => outcomesOf(kernel, { ...asked, readings: half })));
    return outcomes.flat();
  }
}

/** What is told of a ref that was refused together with others, where which of them was meant was not found out. */
function notFoundOut(cause: unknown, { plan }: Reading): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrVendorUnavailable",
    message:
      "The vendor refused a call for several resources, and which of them it meant was not found out. Ask for this one alone.",
    origin: "kernel",
    retry: { retryable: true },
    provider: plan.scope.provider,
    cause,
  });
}
