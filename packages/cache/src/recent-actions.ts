import type { CachePlace, Ref } from "@cloudlink/core";
import { type Where, whereOf } from "./where-of.ts";

/** After an action, in milliseconds: a vendor that is eventually consistent may say that what it has made, or is changing, is absent. */
const NO_ABSENCE_MS = 60_000;

/**
 * Where actions were sent to a moment ago, by whomever: absence is not kept there, for any tenant. It is known here and not by namespaces,
 * since one may begin only after the action.
 */
export class RecentActions {
  /** Until when, on the monotonic clock; the action that was sent longest ago comes first. */
  readonly #until = new Map<string, number>();

  add({ ref, nowMs }: { readonly ref: Ref; readonly nowMs: number }): void {
    for (const [where, until] of this.#until) {
      if (until > nowMs) break;
      this.#until.delete(where);
    }
    const where = keyOf(ref, ref.kind);
    this.#until.delete(where);
    this.#until.set(where, nowMs + NO_ABSENCE_MS);
  }

  /** Whether an action was sent there not long before `atMs`. */
  concern({ scope, kind }: CachePlace, atMs: number): boolean {
    const until = this.#until.get(keyOf(scope, kind.name));
    return until !== undefined && atMs < until;
  }
}

function keyOf(where: Where, kind: string): string {
  return `${whereOf(where)} ${kind}`;
}
