/**
 * What goes wrong.
 * - `throttle`: EC2's 503 RequestLimitExceeded; STS's 400 Throttling. `retryAfterSeconds` adds the header (EC2 sends none).
 * - `serverError`: 500 InternalError, or 503 Unavailable.
 * - `error`: any error answer, in the service's own envelope.
 * - `brokenXml`: 200 with XML that is not well-formed, the connection sound.
 * - `truncated`: 200 whose body ends in the middle of the document, with a content-length that agrees.
 * - `cut`: the socket is destroyed in the middle of the body; with `when: "before"`, before a byte of the answer.
 * - `hang`: accepted and never answered, until the client goes away.
 * - `latency`: the answer waits for so long, in real time.
 * - `hold`: the answer waits until `release()`: a barrier for tests.
 * - `answerLost`: carried out, and the caller is not told; {@link LostAnswer} says how.
 * - `startFails`: a start of a stopped instance leads from pending back to stopped, with the code `reason` for why (EC2 API reference,
 *   StateReason); `Server.InsufficientInstanceCapacity` if left out.
 */
export type Fault =
  | { readonly kind: "throttle"; readonly retryAfterSeconds?: number }
  | { readonly kind: "serverError"; readonly status?: 500 | 503 }
  | { readonly kind: "error"; readonly status: number; readonly code: string; readonly message?: string }
  | { readonly kind: "brokenXml" | "truncated" | "cut" | "hang" | "hold" }
  | { readonly kind: "startFails"; readonly reason?: string }
  | { readonly kind: "latency"; readonly latencyMs: number }
  | { readonly kind: "answerLost"; readonly how?: LostAnswer };

/**
 * How the answer to a request that was carried out is lost: the connection is `cut` before any byte (the default), or after
 * the status line, or after the headers; or the answer is a 500 InternalError although it was done.
 */
export type LostAnswer = "cut" | "cutAfterStatus" | "cutAfterHeaders" | "serverError";

/** Before the sandbox has carried the request out, so that it never is, or after. */
export type FaultMoment = "before" | "after";

/** Which requests a fault meets, when, and how often. */
export interface FaultRule {
  readonly action?: string;
  readonly account?: string;
  readonly region?: string;
  /** Only requests that name this instance by `InstanceId.N`. */
  readonly instanceId?: string;
  /** Default: every time, until removed. */
  readonly times?: number;
  /**
   * Default: `before` for throttle, serverError, error, hang, latency and hold; `after` for cut. A client that leaves during
   * a delay of `before` has asked nothing. brokenXml, truncated and answerLost spoil a real answer: always `after`.
   */
  readonly when?: FaultMoment;
  readonly fault: Fault;
}

/** A rule in force. */
export interface FaultHandle {
  readonly id: string;
  readonly rule: FaultRule;
  /** How many requests it met; of a `startFails`, how many starts it made fail. */
  readonly hits: number;
  /** Ends the rule; requests that it holds go on. */
  remove(): void;
  /** Lets the requests go on that a `hold` keeps; later ones are held again while `times` lasts. */
  release(): void;
}

/** The faults in force. */
export interface FaultsControl {
  /** @throws RangeError for a rule with a `when` that its fault cannot have. */
  add(rule: FaultRule): FaultHandle;
  list(): FaultHandle[];
  /** Removes every rule. */
  clear(): void;
}

/** What a request has to suffer: at most one delay, and at most one bad answer. */
export interface FaultPlan {
  readonly delay: ActiveFault | undefined;
  readonly answer: ActiveFault | undefined;
}

/** What of a request decides whether a rule meets it. */
export interface FaultTarget {
  readonly action: string;
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** Whether the request names this instance. */
  names(instanceId: string): boolean;
}

/** What EC2 says of an instance that it had no room for (EC2 API reference, StateReason). */
const NO_CAPACITY = "Server.InsufficientInstanceCapacity";

const NOTHING: FaultPlan = { delay: undefined, answer: undefined };

type Part = "delay" | "answer" | "start";

const PARTS: Readonly<Record<Fault["kind"], Part>> = {
  throttle: "answer",
  serverError: "answer",
  error: "answer",
  brokenXml: "answer",
  truncated: "answer",
  cut: "answer",
  hang: "answer",
  answerLost: "answer",
  latency: "delay",
  hold: "delay",
  startFails: "start",
};

/** When each fault strikes: by default first. */
const MOMENTS: Readonly<Record<Fault["kind"], readonly [FaultMoment, ...FaultMoment[]]>> = {
  throttle: ["before", "after"],
  serverError: ["before", "after"],
  error: ["before", "after"],
  hang: ["before", "after"],
  latency: ["before", "after"],
  hold: ["before", "after"],
  cut: ["after", "before"],
  brokenXml: ["after"],
  truncated: ["after"],
  answerLost: ["after"],
  startFails: ["after"],
};

/** A rule with its count and the requests it holds. */
export class ActiveFault implements FaultHandle {
  readonly id: string;
  readonly rule: FaultRule;
  readonly when: FaultMoment;
  readonly part: Part;
  hits = 0;
  readonly #held = new Set<() => void>();
  readonly #end: (fault: ActiveFault) => void;

  constructor(settings: { id: string; rule: FaultRule; end: (fault: ActiveFault) => void }) {
    const { rule } = settings;
    this.id = settings.id;
    this.rule = rule;
    this.part = PARTS[rule.fault.kind];
    this.when = momentOf(rule);
    this.#end = settings.end;
  }

  meets(target: FaultTarget): boolean {
    const { action, account, region, instanceId, times } = this.rule;
    return (
      (times === undefined || this.hits < times) &&
      (action === undefined || action === target.action) &&
      (account === undefined || account === target.account) &&
      (region === undefined || region === target.region) &&
      (instanceId === undefined || target.names(instanceId))
    );
  }

  hold(resume: () => void): () => void {
    this.#held.add(resume);
    return () => this.#held.delete(resume);
  }

  release(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const resume of held) resume();
  }

  remove(): void {
    this.#end(this);
    this.release();
  }

  toJSON(): { id: string; rule: FaultRule; hits: number } {
    return { id: this.id, rule: this.rule, hits: this.hits };
  }
}

function momentOf({ when, fault }: FaultRule): FaultMoment {
  const moments = MOMENTS[fault.kind];
  if (when === undefined || moments.includes(when)) return when ?? moments[0];
  throw new RangeError(`when: "${when}" cannot be had of the fault ${fault.kind}: it strikes ${moments.join(" or ")}`);
}

/** Rules in the order they were added: the first that meets a request takes it. */
export class FaultBook implements FaultsControl {
  readonly #active = new Set<ActiveFault>();
  #count = 0;

  add(rule: FaultRule): ActiveFault {
    const fault = new ActiveFault({ id: `fault-${this.#count + 1}`, rule, end: (ended) => this.#active.delete(ended) });
    this.#count += 1;
    this.#active.add(fault);
    return fault;
  }

  list(): ActiveFault[] {
    return [...this.#active];
  }

  clear(): void {
    for (const fault of this.#active) fault.remove();
  }

  /** The plan for one request; it counts against the rules that it takes from. */
  planFor(target: FaultTarget): FaultPlan {
    if (this.#active.size === 0) return NOTHING;
    return { delay: this.#take("delay", target), answer: this.#take("answer", target) };
  }

  /** The code for why a start of an instance fails, or `undefined` where it does not; it counts against the rule that says so. */
  startFails(on: { account: string; region: string; instanceId: string }): string | undefined {
    if (this.#active.size === 0) return undefined;
    const { account, region } = on;
    const names = (instanceId: string) => instanceId === on.instanceId;
    const fault = this.#take("start", { action: "StartInstances", account, region, names })?.rule.fault;
    return fault?.kind === "startFails" ? (fault.reason ?? NO_CAPACITY) : undefined;
  }

  #take(part: Part, target: FaultTarget): ActiveFault | undefined {
    const fault = this.list().find((candidate) => candidate.part === part && candidate.meets(target));
    if (fault !== undefined) fault.hits += 1;
    return fault;
  }
}
