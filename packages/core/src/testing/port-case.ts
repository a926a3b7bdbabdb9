/** What a promise of a port is checked with. */
export interface PortTrial<Port> {
  /** One that keeps nothing yet. */
  readonly port: Port;
  /**
   * Moves the time that the port's TTLs go by. All spans are of minutes: what a store on another machine takes to answer makes no difference.
   * A store whose time cannot be moved shortens what is left of each TTL.
   */
  elapse(ms: number): void | Promise<void>;
}

/** One promise of a port, and how it is checked, with any test runner: `it(promise, async () => run(await trial()))`. */
export interface PortCase<Port> {
  /** What holds, as a sentence: the name of the test. */
  readonly promise: string;
  /** @throws AssertionError where the promise is broken. */
  run(trial: PortTrial<Port>): Promise<void>;
}
