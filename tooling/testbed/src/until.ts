import { setTimeout as wait } from "node:timers/promises";

/** A state of other processes that is waited for. */
export interface AwaitedState {
  /** What is waited for, as it is called in the error. */
  readonly what: string;
  readonly timeoutMs: number;
}

const POLL_MS = 25;

/**
 * Asks again and again, until the answer is there: changes in other processes are no events of this one. A question that fails
 * counts as one without an answer.
 *
 * @throws Error with the last failure as its cause, once the time is over.
 */
export async function until<Answer>(awaited: AwaitedState, ask: () => Promise<Answer | undefined>): Promise<Answer> {
  const giveUpAt = performance.now() + awaited.timeoutMs;
  let cause: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    await wait(POLL_MS);
  } while (performance.now() < giveUpAt);
  throw new Error(`${awaited.what}: not within ${awaited.timeoutMs} ms`, { cause });
}
