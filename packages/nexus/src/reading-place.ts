import { type Clock, CloudLinkError, type Observation, type Ref } from "@cloudlink/core";
import { askVendor } from "./ask-vendor.ts";
import type { Kernel } from "./kernel.ts";
import { checkLag } from "./observation.ts";
import { Reading } from "./reading.ts";
import type { ReadingRequest, ReadingWaiter } from "./readings.ts";

/**
 * How long, in milliseconds, a read waits for others while one of its place is at the vendor. It is a small part of what a vendor takes, and
 * as many reads as come within it leave as one call.
 */
const GATHERING_MS = 10;

/** How long, in milliseconds, nothing is refreshed in a place after a refresh failed: a vendor in trouble is not asked for every stale answer. */
const REFRESH_PAUSE_MS = 1_000;

/**
 * The reads of one kind in one scope that are on their way. Those that come close together leave as one call of the provider's: within a
 * turn of the event loop when nothing is at the vendor; else within {@link GATHERING_MS}, or as soon as what is at the vendor is back, or as
 * soon as there are as many as the provider takes.
 */
export class ReadingPlace {
  readonly #kernel: Kernel;
  /** Told when there is nothing to remember of it any more. */
  readonly #idle: () => void;
  /** The latest of each ref that has not ended. */
  readonly #latest = new Map<string, Reading>();
  #waiting: Reading[] = [];
  #atVendor = 0;
  /** Ends the wait for others. */
  #stopGathering: (() => void) | undefined;
  /** Whether a refresh failed a moment ago. */
  #isPaused = false;

  constructor(kernel: Kernel, idle: () => void) {
    this.#kernel = kernel;
    this.#idle = idle;
  }

  has(ref: Ref): boolean {
    return this.#latest.has(ref.key);
  }

  async read(waiter: ReadingWaiter, request: ReadingRequest): Promise<Observation<unknown>> {
    const { call, ctx } = waiter;
    const { plan, ref, maxLagMs } = request;
    const running = this.#latest.get(ref.key);
    const joins = running?.serves(request, ctx.clock.monotonicMs()) === true;
    const reading = joins ? running : new Reading(request, { clock: ctx.clock, payer: call });
    const answer = reading.flight.join(ctx);
    if (joins) reading.maxLagMs = Math.max(reading.maxLagMs, maxLagMs);
    else this.#add(reading);
    try {
      const observation = await answer;
      // Others who wait for the same may take more.
      checkLag(observation.sourceLagMs, { provider: plan.provider, maxLagMs });
      return observation;
    } catch (error) {
      if (!joins || ctx.error() !== undefined || reading.departure?.isOverdue !== true) throw error;
    } finally {
      if (joins) waiter.cameBy("collapsed");
      else waiter.cameBy(reading.isLed ? "batched" : "miss");
    }
    // It had less time than this call has, and is made once more for this one's sake.
    return await this.read(waiter, request);
  }

  refresh(clock: Clock, request: ReadingRequest): void {
    if (this.#isPaused || this.has(request.ref)) {
      this.#tellIfIdle();
      return;
    }
    const reading = new Reading(request, { clock, payer: undefined });
    reading.flight.hold();
    this.#add(reading);
  }

  #add(reading: Reading): void {
    this.#latest.set(reading.ref.key, reading);
    if (reading.mostTogether === 1) {
      this.#leave([reading]);
      return;
    }
    this.#waiting.push(reading);
    if (this.#waiting.length >= reading.mostTogether) this.#leaveAll();
    else this.#stopGathering ??= this.#gather(reading.clock);
  }

  #gather(clock: Clock): () => void {
    const leave = () => this.#leaveAll();
    if (this.#atVendor > 0) return clock.schedule(leave, { delayMs: GATHERING_MS });
    const turn = setImmediate(leave);
    return () => clearImmediate(turn);
  }

  /** Everything that waits leaves, in as few calls as the provider takes it. */
  #leaveAll(): void {
    this.#stopGathering?.();
    this.#stopGathering = undefined;
    let left: readonly Reading[] = this.#waiting;
    this.#waiting = [];
    for (const reading of left) if (reading.flight.isOver) this.#ended(reading);
    left = left.filter(({ flight }) => !flight.isOver);
    for (let [first] = left; first !== undefined; [first] = left) {
      const { mostTogether } = first;
      const batch = left.filter((each) => each === first || each.goesWith(first as Reading)).slice(0, mostTogether);
      this.#leave(batch as [Reading, ...Reading[]]);
      const gone = new Set(batch);
      left = left.filter((each) => !gone.has(each));
    }
    this.#tellIfIdle();
  }

  #leave(batch: readonly [Reading, ...Reading[]]): void {
    for (const reading of batch) reading.isLed = reading !== batch[0];
    this.#atVendor += 1;
    const alongside = (nowMs: number) => this.#siblings(batch, nowMs);
    const ended = (reading: Reading, error?: unknown) => this.#ended(reading, error);
    void askVendor(this.#kernel, { batch, alongside, ended }).then(() => {
      this.#atVendor -= 1;
      if (this.#waiting.length > 0) this.#leaveAll();
      this.#tellIfIdle();
    });
  }

  /** What a batch with room takes along. */
  #siblings([first, ...others]: readonly [Reading, ...Reading[]], nowMs: number): readonly Reading[] {
    const limit = first.mostTogether - others.length - 1;
    if (limit <= 0) return [];
    const { kind, namespace, view } = first.plan;
    const refs = namespace.siblings({ view: kind.views.indexOf(view), nowMs, limit });
    const siblings = refs.filter((ref) => !this.#latest.has(ref.key)).map((ref) => first.sibling(ref));
    for (const sibling of siblings) this.#latest.set(sibling.ref.key, sibling);
    return siblings;
  }

  #ended(reading: Reading, error?: unknown): void {
    const { ref, payer, clock } = reading;
    if (payer === undefined && isTrouble(error)) this.#pause(clock);
    if (this.#latest.get(ref.key) === reading) this.#latest.delete(ref.key);
  }

  #pause(clock: Clock): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    const goOn = () => {
      this.#isPaused = false;
      this.#tellIfIdle();
    };
    clock.schedule(goOn, { delayMs: REFRESH_PAUSE_MS, background: true });
  }

  #tellIfIdle(): void {
    const isIdle = this.#latest.size === 0 && this.#waiting.length === 0 && this.#atVendor === 0 && !this.#isPaused;
    if (isIdle) this.#idle();
  }
}

/** Whether a refresh failed. That the resource is absent is an answer, and one that was broken off says nothing. */
function isTrouble(error: unknown): boolean {
  if (error === undefined) return false;
  return !(CloudLinkError.isInstance(error) && (error.code === "not_found" || error.code === "canceled"));
}
