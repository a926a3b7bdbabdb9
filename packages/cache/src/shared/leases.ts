import type { Clock } from "@cloudlink/core";
import type { StoreLease } from "./shared-store.ts";

/**
 * For how long, in milliseconds, a lease on a fetch lasts: so much later others go on by themselves when whoever holds it has died or hangs. As it is
 * renewed three times within that, one that is late once or twice loses nothing.
 */
export const LEASE_MS = 400;
const RENEW_AFTER_MS = 130;

/** How many go in one request: the store does nothing else meanwhile. */
const MOST_TOGETHER = 100;

/** What {@link Leases} asks of the store. */
export interface LeaseKeeper {
  renew(place: string, leases: readonly StoreLease[]): void;
  release(place: string, leases: readonly StoreLease[]): void;
}

/** A lease that this process holds. */
export interface HeldLease extends StoreLease {
  readonly place: string;
  /** Fills that are under way for it. */
  fills: number;
  /** Whether the last tick found none. */
  wasIdle: boolean;
}

/**
 * The leases on fetches that this process holds. One is kept up while a fill for it is under way. One that was taken for a read that then never
 * came to ask the vendor is given back soon.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #keeper: LeaseKeeper;
  readonly #held = new Map<string, HeldLease>();
  #stop: (() => void) | undefined;

  constructor(settings: { readonly clock: Clock; readonly keeper: LeaseKeeper }) {
    this.#clock = settings.clock;
    this.#keeper = settings.keeper;
  }

  took(place: string, { ref, holder }: StoreLease): void {
    const key = keyOf({ ref, holder });
    const held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, { place, ref, holder, fills: 0, wasIdle: false });
    else held.wasIdle = false;
    this.#tick();
  }

  /** A fill for it begins, which has to hand back what it gets here when it ends: the lease, if it is held. */
  begin(lease: StoreLease): HeldLease | undefined {
    const held = this.#held.get(keyOf(lease));
    if (held !== undefined) held.fills += 1;
    return held;
  }

  /** What was fetched is being stored, which ends the lease too. */
  stored(lease: StoreLease): void {
    this.#held.delete(keyOf(lease));
  }

  end(held: HeldLease): void {
    held.fills -= 1;
    const key = keyOf(held);
    if (held.fills > 0 || this.#held.get(key) !== held) return;
    this.#held.delete(key);
    this.#keeper.release(held.place, [held]);
  }

  #tick(): void {
    if (this.#held.size === 0) return;
    this.#stop ??= this.#clock.schedule(
      () => {
        this.#stop = undefined;
        this.#renewAll();
        this.#tick();
      },
      { delayMs: RENEW_AFTER_MS, background: true },
    );
  }

  #renewAll(): void {
    for (const [place, held] of Map.groupBy(this.#held.values(), (each) => each.place)) {
      // Idle twice: of a process that stood still, the fill that a lease was taken for has had no turn to begin.
      const { idle = [], wanted = [] } = Object.groupBy(held, ({ fills, wasIdle }) =>
        fills === 0 && wasIdle ? "idle" : "wanted",
      );
      for (const each of wanted) each.wasIdle = each.fills === 0;
      for (const lease of idle) this.#held.delete(keyOf(lease));
      for (const some of pieces(wanted)) this.#keeper.renew(place, some);
      this.#release(place, idle);
    }
  }

  #release(place: string, leases: readonly HeldLease[]): void {
    for (const some of pieces(leases)) this.#keeper.release(place, some);
  }

  close(): void {
    this.#stop?.();
    for (const [place, held] of Map.groupBy(this.#held.values(), (each) => each.place)) this.#release(place, held);
    this.#held.clear();
  }
}

function* pieces(leases: readonly HeldLease[]): Iterable<readonly HeldLease[]> {
  for (let start = 0; start < leases.length; start += MOST_TOGETHER) yield leases.slice(start, start + MOST_TOGETHER);
}

/** Neither can be cut another way: refs and scopes are percent-encoded. */
function keyOf({ ref, holder }: StoreLease): string {
  return `${ref} ${holder}`;
}
