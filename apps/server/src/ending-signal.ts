/** A signal that asks a program to end. */
export type EndingSignal = "SIGINT" | "SIGTERM";

/** What a shell gives a program that a signal ended: 128 and the signal's number. */
const exitCodes: Readonly<Record<EndingSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * How long, in milliseconds, after the first signal another one is taken for the same. One Ctrl-C comes twice to a program that npm or pnpm started: the
 * terminal sends it to all of its programs, and theirs is handed on.
 */
const SAME_WISH_MS = 300;

/**
 * Resolves with the first SIGINT or SIGTERM, for a program that finishes what it does before it ends. From then on another one ends the process at
 * once, with the exit code that a shell would give it.
 */
export function endingSignal(): Promise<EndingSignal> {
  const { promise, resolve } = Promise.withResolvers<EndingSignal>();
  let firstAt: number | undefined;
  for (const signal of Object.keys(exitCodes) as EndingSignal[]) {
    process.on(signal, () => {
      const now = performance.now();
      if (firstAt !== undefined && now - firstAt > SAME_WISH_MS) process.exit(exitCodes[signal]);
      firstAt ??= now;
      resolve(signal);
    });
  }
  return promise;
}
