import type { Ref } from "@cloudlink/core";
import type { ResourceSlot } from "./resource-slot.ts";

/**
 * How long after its last read, in milliseconds, a resource is still wanted. To take it along in a batch with room costs no vendor call, and
 * saves one if it is read again: in the economy workload (docs/performance.md) resources that nobody asked for in between save half of the
 * calls that are left when only those come along which were read since their last fill.
 */
const WANTED_FOR_MS = 300_000;

/** How many that are too young are passed over in a search: those that were filled longest ago come first, so what follows is younger, as a rule. */
const MOST_PASSED_OVER = 64;

/** The resources of a namespace that a batch with room may take along, those that were filled longest ago first. */
export class SiblingList {
  readonly #candidates = new Set<ResourceSlot>();

  /** It was read. */
  add(slot: ResourceSlot): void {
    slot.isCandidate = true;
    this.#candidates.add(slot);
  }

  remove(slot: ResourceSlot): void {
    slot.unlist();
    this.#candidates.delete(slot);
  }

  /** It was filled: it goes to the end. */
  filled(slot: ResourceSlot): void {
    if (!slot.isCandidate) return;
    this.#candidates.delete(slot);
    this.#candidates.add(slot);
  }

  /** At most `limit` that are past half of the age that was last asked for, in a view that `view` covers. */
  take(request: { readonly view: number; readonly nowMs: number; readonly limit: number }): readonly Ref[] {
    const { view, nowMs, limit } = request;
    const taken: Ref[] = [];
    let passedOver = 0;
    for (const slot of this.#candidates) {
      if (taken.length >= limit || passedOver > MOST_PASSED_OVER) break;
      if (nowMs - slot.readAt > WANTED_FOR_MS) this.remove(slot);
      else if (slot.view <= view && nowMs - slot.filledAt > slot.askedAgeMs / 2) taken.push(slot.ref);
      else passedOver += 1;
    }
    return taken;
  }
}
