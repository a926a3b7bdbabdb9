import {
  type AnswerSource,
  type CallOperation,
  type CallStats,
  CloudLinkError,
  type Context,
  createSpanId,
  createTraceId,
  type Telemetry,
  type TraceContext,
} from "@cloudlink/core";

/** What is known of a call from the start. */
export interface CallSubject {
  readonly telemetry: Telemetry;
  readonly operation: CallOperation;
  /** Name of the kind. */
  readonly kind: string;
  /** The call that this one is made for, and counted for: the first of those that share it. */
  readonly payer?: KernelCall | undefined;
}

/** One call of the kernel's while it runs: its place in a trace, and what it has cost so far. */
export class KernelCall {
  readonly ctx: Context;
  readonly subject: CallSubject;
  /** By the context's `monotonicMs`. */
  readonly startedAt: number;
  /** The same instant by the wall clock. */
  readonly #startedAtWall: number;
  /** Name of the provider: `*` for a call that may reach several, and until it is known that there is one of that name. */
  provider = "*";
  vendorCalls = 0;
  savedCalls = 0;
  retries = 0;
  #trace: TraceContext | undefined;

  constructor(ctx: Context, subject: CallSubject) {
    this.ctx = ctx;
    this.subject = subject;
    this.startedAt = ctx.clock.monotonicMs();
    this.#startedAtWall = ctx.clock.nowMs();
  }

  /** The caller's place in its trace: what the context says, else what the running code is part of, else a new trace. */
  get trace(): TraceContext {
    this.#trace ??= this.ctx.trace ?? this.subject.telemetry.currentTrace() ?? newTrace();
    return this.#trace;
  }

  get traceId(): string {
    return this.trace.traceId;
  }

  vendorCalled(): void {
    this.vendorCalls += 1;
    this.subject.payer?.vendorCalled();
  }

  retried(): void {
    this.retries += 1;
    this.subject.payer?.retried();
  }

  /**
   * The instants of the wall clock between which everything that was observed for this call so far was observed: as the clock stood at
   * the start and as it stands now, since it may have been set in between.
   */
  observedWithin(): { readonly fromMs: number; readonly toMs: number } {
    const { clock } = this.ctx;
    const nowMs = clock.nowMs();
    const elapsedMs = clock.monotonicMs() - this.startedAt;
    return {
      fromMs: Math.min(this.#startedAtWall, nowMs - elapsedMs),
      toMs: Math.max(nowMs, this.#startedAtWall + elapsedMs),
    };
  }

  stats(): CallStats {
    const durationMs = this.ctx.clock.monotonicMs() - this.startedAt;
    const { vendorCalls, savedCalls, retries } = this;
    return { vendorCalls, savedCalls, retries, durationMs };
  }

  /** `error` as the caller gets it: a CloudLinkError with the trace id and what was being done. */
  failure(error: unknown, fields: { readonly provider?: string; readonly ref?: string } = {}): CloudLinkError {
    const known = CloudLinkError.from(error, {
      reason: "ErrUnexpected",
      message: "Something failed that no part of the kernel expected. The cause has the details.",
      origin: "kernel",
    });
    return known.with({
      operation: known.operation ?? this.subject.operation,
      traceId: this.traceId,
      ...fields,
    });
  }

  /** Tells telemetry how the call ended. */
  ended(outcome: { readonly error?: CloudLinkError; readonly source?: AnswerSource }): void {
    const { telemetry, operation, kind } = this.subject;
    telemetry.call({
      operation,
      kind,
      provider: this.provider,
      ...this.stats(),
      tenant: this.ctx.tenant,
      traceId: this.traceId,
      code: outcome.error?.code ?? "ok",
      ...(outcome.source !== undefined && { source: outcome.source }),
    });
  }
}

function newTrace(): TraceContext {
  return { traceId: createTraceId(), spanId: createSpanId(), sampled: false };
}
