import { type Clock, CloudLinkError, type Provider } from "@cloudlink/core";

/**
 * How long a provider may take to close, in milliseconds. What close() ends, connections and timers, is in this process: one that has not
 * ended it by then is not going to.
 */
export const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Closes a provider, for {@link CLOSE_TIMEOUT_MS} at most.
 *
 * @throws what the provider throws; `deadline_exceeded` where it takes longer. It may still close then, and nobody hears of it.
 */
export async function closeProvider(provider: Provider, clock: Clock): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.schedule(() => reject(tooLate()), { delayMs: CLOSE_TIMEOUT_MS });
  try {
    await Promise.race([provider.close(), late]);
  } finally {
    cancel();
  }
}

function tooLate(): CloudLinkError {
  return new CloudLinkError({
    code: "deadline_exceeded",
    reason: "ErrDeadlineExceeded",
    message: `The provider did not close within ${CLOSE_TIMEOUT_MS / 1_000} s.`,
    origin: "plugin",
  });
}
