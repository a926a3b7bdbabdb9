/** Where the sandbox reads the time: instances live on it, tokens and sessions expire on it. */
export interface SandboxClock {
  /** Epoch milliseconds. */
  now(): number;
}

/** The time of the machine. */
export const systemClock: SandboxClock = { now: () => Date.now() };
