import { type CacheFill, type Clock, createFlight, type Flight, type Observation, type Ref } from "@cloudlink/core";
import type { KernelCall } from "./kernel-call.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { ReadingRequest } from "./readings.ts";

/** When a reading left for the vendor, and what it fills. */
export interface Departure {
  /** On the monotonic clock. */
  readonly at: number;
  readonly fill: CacheFill;
  /** Whether it came to its end because its own time ran out: who has more time may have it made once more. */
  isOverdue: boolean;
  /** Whether it was broken off, since nobody waited for it any more. */
  isBrokenOff: boolean;
  /** One of those that left together is wanted no more. */
  abandoned(): void;
}

/** The read of one resource on its way to the vendor, with everybody who waits for it. */
export class Reading {
  readonly plan: ReadPlan;
  readonly ref: Ref;
  readonly clock: Clock;
  /** How many refs the provider takes in one call of which this may be one; 1 if it has to leave alone. */
  readonly mostTogether: number;
  /** By how much the sources that it may be read from lag, as they are declared. */
  readonly lagMs: number;
  /** By how much the source may lag for those who wait. */
  maxLagMs: number;
  /** The first who asked, whom the vendor's call is counted for; nobody, of one that nobody waits for. */
  readonly payer: KernelCall | undefined;
  readonly flight: Flight<Observation<unknown>> = createFlight({ abandoned: () => this.departure?.abandoned() });
  departure: Departure | undefined;
  /** Whether it left in a call that is another's: that of the first of those that left together. */
  isLed = false;

  constructor(request: ReadingRequest, made: { readonly clock: Clock; readonly payer: KernelCall | undefined }) {
    const { plan, ref, maxLagMs } = request;
    this.plan = plan;
    this.ref = ref;
    this.clock = made.clock;
    this.payer = made.payer;
    this.maxLagMs = maxLagMs;
    const { capabilities } = plan.route;
    const { getMany } = capabilities;
    const lagMs = capabilities[plan.by]?.sourceLagMs ?? 0;
    const manyLagMs = getMany?.sourceLagMs ?? 0;
    if (getMany?.views.includes(plan.view) && manyLagMs <= maxLagMs) {
      this.mostTogether = Math.max(1, getMany.maxRefs);
      this.lagMs = Math.max(lagMs, manyLagMs);
    } else {
      this.mostTogether = 1;
      this.lagMs = lagMs;
    }
  }

  /**
   * Whether it serves a read that comes now. One that has not left yet serves whoever comes; one that has, whoever takes an answer that
   * old, unless something invalidated it since: an action that was sent after it left, say.
   */
  serves({ plan, maxAgeMs, maxLagMs }: ReadingRequest, nowMs: number): boolean {
    const { kind, provider, view } = this.plan;
    if (this.flight.isOver || provider !== plan.provider || maxLagMs < this.lagMs) return false;
    if (kind.views.indexOf(view) < plan.fromView) return false;
    const { departure } = this;
    if (departure === undefined) return true;
    if (departure.isBrokenOff) return false;
    // A live read joins nothing that has left, not even at the same instant.
    return maxAgeMs > 0 && nowMs - departure.at <= maxAgeMs && departure.fill.isCurrent(this.ref);
  }

  /** Whether both may leave in one call of the provider's. */
  goesWith({ plan, mostTogether }: Reading): boolean {
    return mostTogether > 1 && plan.provider === this.plan.provider && plan.view === this.plan.view;
  }

  /** The same read of another resource of the place, which nobody waits for: what is past half its age is taken along. */
  sibling(ref: Ref): Reading {
    const { plan, maxLagMs, clock } = this;
    return new Reading({ plan, ref, maxLagMs, maxAgeMs: 0 }, { clock, payer: undefined });
  }
}
