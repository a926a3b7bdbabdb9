import type { Clock, Context, Observation, Ref } from "@cloudlink/core";
import type { KernelCall } from "./kernel-call.ts";
import type { ReadPlan } from "./read-plan.ts";

/** A resource that a vendor is to be asked for. */
export interface ReadingRequest {
  readonly plan: ReadPlan;
  readonly ref: Ref;
  /** A read that runs already will do if it began no longer ago than that, in milliseconds. */
  readonly maxAgeMs: number;
  /** By how much the source may lag. */
  readonly maxLagMs: number;
}

/** Who waits for a reading. */
export interface ReadingWaiter {
  readonly call: KernelCall;
  /** For how long. */
  readonly ctx: Context;
  /** Told when the wait is over, whatever came of it, by whose call that was. The last word counts. */
  cameBy(outcome: "miss" | "batched" | "collapsed"): void;
}

/** The reads that are on their way to vendors. */
export interface Readings {
  /**
   * What the vendor says, of a request that begins now, or of one that began recently enough and runs. It waits for as long as its context allows.
   *
   * @throws the vendor's error, which is shared by all who wait, and kept for nobody else.
   */
  read(waiter: ReadingWaiter, request: ReadingRequest): Promise<Observation<unknown>>;
  /** Asks the vendor though nobody waits, unless that is being done or failed a moment ago. */
  refresh(clock: Clock, request: ReadingRequest): void;
  /** Whether a read of the resource is on its way. */
  isUnderWay(placeKey: string, ref: Ref): boolean;
}
