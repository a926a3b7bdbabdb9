import {
  type AnswerSource,
  type CallStats,
  CloudLinkError,
  type Context,
  createSpanId,
  createTraceId,
  type ErrorFields,
  type TraceContext,
} from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";

/** What is known of a call from the start, for telemetry. */
export interface CallSubject {
  readonly operation: "get" | "getMany" | "list";
  readonly kind: string;
  /** Name of the provider, or `*` for a call that may reach several. */
  readonly provider: string;
}

/** One call of the kernel's while it runs: its place in a trace, and what it has cost so far. */
export class KernelCall {
  readonly ctx: Context;
  readonly subject: CallSubject;
  vendorCalls = 0;
  retries = 0;
  readonly #kernel: Kernel;
  readonly #startedAt: number;
  #trace: TraceContext | undefined;

  constructor(kernel: Kernel, ctx: Context, subject: CallSubject) {
    this.#kernel = kernel;
    this.ctx = ctx;
    this.subject = subject;
    this.#startedAt = ctx.clock.monotonicMs();
  }

  /** The caller's place in its trace: what the context says, else what the running code is part of, else a new trace. */
  get trace(): TraceContext {
    this.#trace ??= this.ctx.trace ?? this.#kernel.telemetry.currentTrace() ?? newTrace();
    return this.#trace;
  }

  get traceId(): string {
    return this.trace.traceId;
  }

  stats(): CallStats {
    const durationMs = this.ctx.clock.monotonicMs() - this.#startedAt;
    return { vendorCalls: this.vendorCalls, retries: this.retries, durationMs };
  }

  /** `error` as the caller gets it: a CloudLinkError with the trace id and what was being done. */
  failure(error: unknown, fields: Partial<Pick<ErrorFields, "provider" | "ref">> = {}): CloudLinkError {
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
    this.#kernel.telemetry.call({
      ...this.subject,
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
