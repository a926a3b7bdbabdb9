/** The longest wait between two attempts to connect, and what the first one is bounded by, in milliseconds. */
const LONGEST_RETRY_MS = 1_000;
const FIRST_RETRY_MS = 50;

/**
 * How long to wait after so many failed attempts. It doubles, up to a bound, and is at random between half of that and all, so that a fleet does not
 * come back all at once.
 */
export function retryDelayMs(attempt: number): number {
  const boundMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt, 10), LONGEST_RETRY_MS);
  return Math.ceil(boundMs * (0.5 + Math.random() / 2));
}
