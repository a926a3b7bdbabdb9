/**
 * What goes wrong.
 * - `throttle`: EC2's 503 RequestLimitExceeded; STS's 400 Throttling. `retryAfterSeconds` adds the header (EC2 sends none).
 * - `serverError`: 500 InternalError, or 503 Unavailable.
 * - `error`: any error answer, in the service's own envelope.
 * - `brokenXml`: 200 with XML that is not well-formed, the connection sound.
 * - `truncated`: 200 whose body ends in the middle of the document, with a content-length that agrees.
 * - `cut`: the socket is destroyed in the middle of the body.
 * - `hang`: accepted and never answered, until the client goes away.
 * - `latency`: the answer waits for so long, in real time.
 * - `hold`: the answer waits until `release()`: a barrier for tests.
 */
export type Fault =
  | { readonly kind: "throttle"; readonly retryAfterSeconds?: number }
  | { readonly kind: "serverError"; readonly status?: 500 | 503 }
  | { readonly kind: "error"; readonly status: number; readonly code: string; readonly message?: string }
  | { readonly kind: "brokenXml" | "truncated" | "cut" | "hang" | "hold" }
  | { readonly kind: "latency"; readonly latencyMs: number };

/** Which requests a fault meets, and how often. */
export interface FaultRule {
  readonly action?: string;
  readonly account?: string;
  readonly region?: string;
  /** Default: every time, until removed. */
  readonly times?: number;
  readonly fault: Fault;
}

/** A rule in force. */
export interface FaultHandle {
  readonly id: string;
  readonly rule: FaultRule;
  /** How many requests it met. */
  readonly hits: number;
  /** Ends the rule; requests that it holds go on. */
  remove(): void;
  /** Lets the requests go on that a `hold` keeps; later ones are held again while `times` lasts. */
  release(): void;
}

/** The faults in force. */
export interface FaultsControl {
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

const NOTHING: FaultPlan = { delay: undefined, answer: undefined };

/** A rule with its count and the requests it holds. */
export class ActiveFault implements FaultHandle {
  readonly id: string;
  readonly rule: FaultRule;
  hits = 0;
  readonly #held = new Set<() => void>();
  readonly #end: (fault: ActiveFault) => void;

  constructor(settings: { id: string; rule: FaultRule; end: (fault: ActiveFault) => void }) {
    this.id = settings.id;
    this.rule = settings.rule;
    this.#end = settings.end;
  }

  get isDelay(): boolean {
    return this.rule.fault.kind === "latency" || this.rule.fault.kind === "hold";
  }

  meets(request: { action: string; account: string | undefined; region: string | undefined }): boolean {
    const { action, account, region, times } = this.rule;
    return (
      (times === undefined || this.hits < times) &&
      (action === undefined || action === request.action) &&
      (account === undefined || account === request.account) &&
      (region === undefined || region === request.region)
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

/** Rules in the order they were added: the first that meets a request takes it. */
export class FaultBook implements FaultsControl {
  readonly #active = new Set<ActiveFault>();
  #count = 0;

  add(rule: FaultRule): ActiveFault {
    this.#count += 1;
    const fault = new ActiveFault({ id: `fault-${this.#count}`, rule, end: (ended) => this.#active.delete(ended) });
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
  planFor(request: { action: string; account: string | undefined; region: string | undefined }): FaultPlan {
    if (this.#active.size === 0) return NOTHING;
    const meeting = this.list().filter((fault) => fault.meets(request));
    const delay = meeting.find((fault) => fault.isDelay);
    const answer = meeting.find((fault) => !fault.isDelay);
    if (delay !== undefined) delay.hits += 1;
    if (answer !== undefined) answer.hits += 1;
    return { delay, answer };
  }
}
