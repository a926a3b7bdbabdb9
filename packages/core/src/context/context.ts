import { type Clock, systemClock } from "../clock.ts";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { invalid } from "../error/invalid.ts";
import { joinSignals } from "./cancellation.ts";
import { isTraceContext, parseTraceparent, type TraceContext } from "./trace-context.ts";

/**
 * What travels with a call: for whom, until when, whether it is still wanted, and as part of which trace.
 * It comes first in every call. Make one with {@link background}, and narrower ones from it.
 *
 * Invariants: a context is immutable; a deadline derived from it is never later than its own, and a derived one is canceled
 * when it is. A deadline stays a number until somebody asks for `signal`, so that a context costs no timer by itself.
 */
export interface Context {
  /** The tenant the call is made for. */
  readonly tenant: string;
  /** The instant, on `clock.monotonicMs`, by which the call has to be over; `Infinity` where none was set. */
  readonly deadlineAt: number;
  /** Where the caller stands in a trace, if it said so. */
  readonly trace: TraceContext | undefined;
  /** Id of the kernel's call, 16 hexadecimal digits, on contexts that the kernel hands to a provider. */
  readonly callId: string | undefined;
  readonly clock: Clock;
  /**
   * Aborts when the call is canceled or its deadline comes; its reason is a {@link CloudLinkError}, or what the caller's
   * own signal was aborted with ({@link errorOfAbort} turns both into an error). Made when first asked for: from then until the
   * context is over it holds a timer and a listener on each signal the context came from. End one that has no deadline
   * of its own by {@link Context.withCancel}.
   */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline; 0 when it has passed. */
  remainingMs(): number;
  /**
   * Why the call is over, or `undefined` while it is not: `deadline_exceeded`, the CloudLinkError that a signal was aborted with,
   * or `canceled` for any other reason. Never `undefined` once `signal` has aborted.
   */
  error(): CloudLinkError | undefined;
  /** @throws what {@link Context.error} gives, if it gives one. */
  throwIfDone(): void;
  /** @throws `invalid_argument` for an empty tenant, one over 256 characters, or one that is not well-formed Unicode. */
  withTenant(tenant: string): Context;
  /**
   * A context that ends `timeoutMs` from now, or when this one does: 0 is over at once, `Infinity` adds no deadline.
   *
   * @throws `invalid_argument` for a negative number or NaN.
   */
  withTimeout(timeoutMs: number): Context;
  /** A context that ends when `signal` aborts too. @throws `invalid_argument` for what is no AbortSignal. */
  withSignal(signal: AbortSignal): Context;
  /** A context that can be canceled by hand. */
  withCancel(): CancelableContext;
  /** Continues the caller's trace. A header that is not valid is left aside, and the call gets a trace of its own. */
  withTraceparent(traceparent: string, traceState?: string): Context;
  /** Places the call in a trace. One that is not valid is left aside, as in {@link Context.withTraceparent}. */
  withTrace(trace: TraceContext): Context;
  /** For the kernel: names the call. */
  withCallId(callId: string): Context;
}

/** A context with a handle that ends it. With `using`, it ends with the block. */
export interface CancelableContext extends Context, Disposable {
  /** Ends this context and those derived from it. Calling it again does nothing. */
  cancel(): void;
}

interface Fields {
  readonly tenant: string;
  readonly deadlineAt: number;
  readonly trace: TraceContext | undefined;
  readonly callId: string | undefined;
  readonly clock: Clock;
  readonly sources: readonly AbortSignal[];
}

const noSources: readonly AbortSignal[] = [];

class ImmutableContext implements Context {
  // Private, so that no plugin can lengthen its deadline or change its tenant; freezing would cost half as much again.
  readonly #tenant: string;
  readonly #deadlineAt: number;
  readonly #trace: TraceContext | undefined;
  readonly #callId: string | undefined;
  readonly #clock: Clock;
  readonly #sources: readonly AbortSignal[];
  #signal: AbortSignal | undefined;

  // Assigned field by field: spreading objects costs five times as much, and a timeout is set on every call.
  constructor(from: Fields, deadlineAt: number, sources: readonly AbortSignal[]) {
    this.#tenant = from.tenant;
    this.#deadlineAt = deadlineAt;
    this.#trace = from.trace;
    this.#callId = from.callId;
    this.#clock = from.clock;
    this.#sources = sources;
  }

  get tenant(): string {
    return this.#tenant;
  }

  get deadlineAt(): number {
    return this.#deadlineAt;
  }

  get trace(): TraceContext | undefined {
    return this.#trace;
  }

  get callId(): string | undefined {
    return this.#callId;
  }

  get clock(): Clock {
    return this.#clock;
  }

  get sources(): readonly AbortSignal[] {
    return this.#sources;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#makeSignal();
    return this.#signal;
  }

  #makeSignal(): AbortSignal {
    const [only] = this.#sources;
    if (this.#sources.length === 1 && only !== undefined && this.deadlineAt === Number.POSITIVE_INFINITY) return only;
    return joinSignals(this.#sources, { at: this.deadlineAt, clock: this.clock, reason: deadlineExceeded }).signal;
  }

  remainingMs(): number {
    return Math.max(0, this.deadlineAt - this.clock.monotonicMs());
  }

  error(): CloudLinkError | undefined {
    // The context's own signal first: what it aborted with is the reason, whatever has happened since.
    if (this.#signal?.aborted) return errorOfAbort(this.#signal.reason);
    for (const source of this.#sources) {
      if (source.aborted) return errorOfAbort(source.reason);
    }
    if (this.deadlineAt !== Number.POSITIVE_INFINITY && this.clock.monotonicMs() >= this.deadlineAt) {
      return deadlineExceeded();
    }
    return undefined;
  }

  throwIfDone(): void {
    const error = this.error();
    if (error !== undefined) throw error;
  }

  withTenant(tenant: string): Context {
    if (typeof tenant !== "string" || tenant === "" || tenant.length > 256 || !tenant.isWellFormed()) {
      throw invalid("ErrInvalidRequest", "A tenant is 1 to 256 characters of well-formed Unicode.");
    }
    return this.#derive({ tenant });
  }

  withTimeout(timeoutMs: number): Context {
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 0)) {
      throw invalid("ErrInvalidRequest", `A timeout is a number of milliseconds, 0 or more; it was ${timeoutMs}.`);
    }
    const at = this.clock.monotonicMs() + timeoutMs;
    return new ImmutableContext(this, Math.min(at, this.deadlineAt), this.#sources);
  }

  withSignal(signal: AbortSignal): Context {
    if (typeof signal?.addEventListener !== "function") {
      throw invalid("ErrInvalidRequest", "withSignal takes an AbortSignal, such as that of an AbortController.");
    }
    if (this.#sources.includes(signal)) return this;
    return new ImmutableContext(this, this.deadlineAt, [...this.#sources, signal]);
  }

  withCancel(): CancelableContext {
    return new OwnedContext(this, new AbortController());
  }

  withTraceparent(traceparent: string, traceState?: string): Context {
    const trace = parseTraceparent(traceparent, traceState);
    return trace === undefined ? this : this.#derive({ trace: Object.freeze(trace) });
  }

  withTrace(trace: TraceContext): Context {
    return isTraceContext(trace) ? this.#derive({ trace: Object.freeze({ ...trace }) }) : this;
  }

  withCallId(callId: string): Context {
    return this.#derive({ callId });
  }

  #derive(change: Partial<Pick<Fields, "tenant" | "trace" | "callId">>): Context {
    const { tenant, trace, callId, clock, deadlineAt } = this;
    const sources = this.#sources;
    return new ImmutableContext({ tenant, trace, callId, clock, deadlineAt, sources, ...change }, deadlineAt, sources);
  }
}

class OwnedContext extends ImmutableContext implements CancelableContext {
  readonly #controller: AbortController;

  constructor(parent: ImmutableContext, controller: AbortController) {
    super(parent, parent.deadlineAt, [...parent.sources, controller.signal]);
    this.#controller = controller;
  }

  cancel(): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(canceledByHand());
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

function deadlineExceeded(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrDeadlineExceeded",
    message: "The call's deadline passed. Give it more time, or ask for less.",
    origin: "caller",
    retry: { retryable: true },
  });
}

function canceled(cause?: unknown): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: "The caller canceled the call.",
    origin: "caller",
    cause,
  });
}

let byHand: CloudLinkError | undefined;

/** One error for all: every call's own context is canceled when the call is over, and an error with its stack is dear to make. */
function canceledByHand(): CloudLinkError {
  byHand ??= canceled();
  return byHand;
}

/**
 * The error that an aborted signal stands for: what it was aborted with, if that is a CloudLinkError; `deadline_exceeded` for the
 * `TimeoutError` of `AbortSignal.timeout`; else `canceled`, with the reason as its cause.
 */
export function errorOfAbort(reason: unknown): CloudLinkError {
  if (CloudLinkError.isInstance(reason)) return reason;
  return reason instanceof DOMException && reason.name === "TimeoutError" ? deadlineExceeded() : canceled(reason);
}

/** What {@link background} takes. */
export interface BackgroundSettings {
  /** The time that deadlines count by; the system's unless a test puts another in its place. */
  readonly clock?: Clock;
}

/** The tenant of a program that has only one. */
const ONLY_TENANT = "default";

/** The context that others are derived from: tenant `default`, no deadline, never canceled, no trace. */
export function background(settings: BackgroundSettings = {}): Context {
  const clock = settings.clock ?? systemClock;
  const fields: Fields = {
    tenant: ONLY_TENANT,
    deadlineAt: Number.POSITIVE_INFINITY,
    trace: undefined,
    callId: undefined,
    clock,
    sources: noSources,
  };
  return new ImmutableContext(fields, fields.deadlineAt, fields.sources);
}
