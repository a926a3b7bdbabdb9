import { background, type Clock, CloudLinkError } from "@cloudlink/core";
import type { RedisCall, RedisCalls } from "./redis-calls.ts";

/** A write that may arrive at any time, and any number of times. */
export interface OwedWrite extends RedisCall<unknown> {
  /** What it is of: a later write of the same stands in its place. */
  readonly name: string;
}

/** How many are kept, the latest: with the longest outcomes, of a ref of 4 KB and a provider's token of 8 KB, that is 12 MB. */
const MOST_OWED = 1_000;

/** How long, in milliseconds, until what could not be delivered is tried again. */
const RETRY_MS = 1_000;

/** Writes that could not be delivered, and are as soon as Redis takes them. */
export interface OwedWrites {
  add(write: OwedWrite): void;
  /** It was delivered some other way. */
  drop(name: string): void;
}

export function createOwedWrites({ calls, clock }: { readonly calls: RedisCalls; readonly clock: Clock }): OwedWrites {
  const owed = new Map<string, OwedWrite>();
  let busy = false;

  async function deliver(): Promise<void> {
    for (const write of owed.values()) {
      try {
        await calls.run(background({ clock }), write);
      } catch (error) {
        // One that is refused keeps no other back; where nothing is answered, none would be.
        if (!isRefusal(error)) break;
        if (error.retry.retryable) continue;
      }
      if (owed.get(write.name) === write) owed.delete(write.name);
    }
    busy = false;
    if (owed.size > 0) schedule();
  }

  function schedule(): void {
    if (busy) return;
    busy = true;
    // In the background: what is owed does not keep a process.
    clock.schedule(() => void deliver(), { delayMs: RETRY_MS, background: true });
  }

  return {
    add(write) {
      owed.delete(write.name);
      owed.set(write.name, write);
      const [oldest] = owed.keys();
      if (owed.size > MOST_OWED && oldest !== undefined) owed.delete(oldest);
      schedule();
    },
    drop: (name) => void owed.delete(name),
  };
}

/** Whether Redis answered, and the answer was no. */
function isRefusal(error: unknown): error is CloudLinkError {
  return CloudLinkError.isInstance(error) && error.details?.redis !== undefined;
}
