import type { QueryParameters } from "./query-protocol.ts";

/**
 * How a request ended: `completed` when the answer went out whole (an error answer too), `aborted` when the client closed
 * the connection first, `failed` when the sandbox broke it off; `pending` until then.
 */
export type RequestOutcome = "pending" | "completed" | "aborted" | "failed";

/** One request as the vendor's side saw it. */
export interface RequestEntry {
  /** The request id of the answer. */
  readonly id: string;
  /** As sent; empty when the request named none. */
  readonly action: string;
  /** Undefined when the request could not be tied to a known key. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** Flattened, without secrets: external ids and tokens of identity are replaced. */
  readonly parameters: Readonly<Record<string, string>>;
  /** On the sandbox's clock, epoch milliseconds. */
  readonly startedAt: number;
  readonly outcome: RequestOutcome;
  /** The HTTP status answered, once there is one. */
  readonly status: number | undefined;
  /** The vendor's error code, when the answer was an error. */
  readonly code: string | undefined;
  /** Resolves, with this entry, when the outcome is known. Never rejects. */
  readonly finished: Promise<RequestEntry>;
}

/** Which entries: fields that must be equal, or any predicate. */
export type RequestMatch =
  | ((entry: RequestEntry) => boolean)
  | {
      readonly action?: string;
      readonly account?: string;
      readonly region?: string;
      readonly outcome?: RequestOutcome;
      readonly code?: string;
    };

/** The requests so far, as tests count them. */
export interface RequestLog {
  /** Entries in order of arrival. */
  entries(match?: RequestMatch): RequestEntry[];
  count(match?: RequestMatch): number;
  /** Entries that were let go because the log was full; counts are exact only while this is 0. */
  readonly dropped: number;
  /** Forgets everything so far; requests under way still finish. */
  clear(): void;
}

/** These parameters never enter the log. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  "ExternalId",
  "TokenCode",
  "WebIdentityToken",
  "SAMLAssertion",
  "UserData",
]);

interface EntryStart {
  readonly id: string;
  readonly action: string;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly parameters: QueryParameters;
  readonly startedAt: number;
}

/** An entry while the sandbox still works on it; what costs anything is made when asked for. */
export class LiveEntry implements RequestEntry {
  readonly #start: EntryStart;
  #outcome: RequestOutcome = "pending";
  #finished: PromiseWithResolvers<RequestEntry> | undefined;
  status: number | undefined;
  code: string | undefined;

  constructor(start: EntryStart) {
    this.#start = start;
  }

  get id(): string {
    return this.#start.id;
  }

  get action(): string {
    return this.#start.action;
  }

  get account(): string | undefined {
    return this.#start.account;
  }

  get region(): string | undefined {
    return this.#start.region;
  }

  get startedAt(): number {
    return this.#start.startedAt;
  }

  get parameters(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#start.parameters].map(([name, value]) => [name, SECRET_PARAMETERS.has(name) ? "[redacted]" : value]),
    );
  }

  get outcome(): RequestOutcome {
    return this.#outcome;
  }

  get finished(): Promise<RequestEntry> {
    if (this.#finished === undefined) {
      this.#finished = Promise.withResolvers();
      if (this.#outcome !== "pending") this.#finished.resolve(this);
    }
    return this.#finished.promise;
  }

  /** The first outcome stands. */
  finish(outcome: Exclude<RequestOutcome, "pending">): void {
    if (this.#outcome !== "pending") return;
    this.#outcome = outcome;
    this.#finished?.resolve(this);
  }

  toJSON(): Omit<RequestEntry, "finished"> {
    const { id, action, account, region, parameters, startedAt, outcome, status, code } = this;
    return { id, action, account, region, parameters, startedAt, outcome, status, code };
  }
}

/** How many entries are kept: some minutes of the fastest load, in some hundred megabytes at the worst. */
export const DEFAULT_LOG_LIMIT = 100_000;

/** Keeps the entries and wakes who waits for one. */
export class RequestRecorder implements RequestLog {
  readonly #limit: number;
  #entries: LiveEntry[] = [];
  #dropped = 0;
  readonly #waiting = new Set<{ matches: (entry: RequestEntry) => boolean; resolve: (entry: RequestEntry) => void }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(start: EntryStart): LiveEntry {
    const entry = new LiveEntry(start);
    this.#entries.push(entry);
    // Letting go in bulk: a shift per request would be linear in the log.
    if (this.#entries.length > this.#limit + Math.max(1000, this.#limit / 4)) {
      this.#dropped += this.#entries.length - this.#limit;
      this.#entries = this.#entries.slice(-this.#limit);
    }
    for (const waiter of this.#waiting) {
      if (!waiter.matches(entry)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(entry);
    }
    return entry;
  }

  /** The next request that matches; those that arrived before do not count. */
  next(match: RequestMatch = {}): Promise<RequestEntry> {
    const { promise, resolve } = Promise.withResolvers<RequestEntry>();
    this.#waiting.add({ matches: matcherOf(match), resolve });
    return promise;
  }

  entries(match: RequestMatch = {}): LiveEntry[] {
    return this.#entries.filter(matcherOf(match));
  }

  count(match: RequestMatch = {}): number {
    return this.entries(match).length;
  }

  clear(): void {
    this.#entries = [];
    this.#dropped = 0;
  }

  /** Ends what is still under way, when the sandbox closes. */
  failPending(): void {
    for (const entry of this.#entries) entry.finish("failed");
  }
}

function matcherOf(match: RequestMatch): (entry: RequestEntry) => boolean {
  if (typeof match === "function") return match;
  const { action, account, region, outcome, code } = match;
  return (entry) =>
    (action === undefined || entry.action === action) &&
    (account === undefined || entry.account === account) &&
    (region === undefined || entry.region === region) &&
    (outcome === undefined || entry.outcome === outcome) &&
    (code === undefined || entry.code === code);
}
