import {
  type ActionEffect,
  type CallOperation,
  type CancelableContext,
  CloudLinkError,
  type Context,
  createSpanId,
  createTraceId,
  type TraceContext,
} from "@cloudlink/core";
import { malformed } from "./client-error.ts";
import { FormError } from "./read/form.ts";

/** What is known of a call from the start. */
export interface CallSubject {
  readonly operation: CallOperation | "kinds" | "providers";
  /** Canonical ref of the resource, where the caller gave one. */
  readonly ref?: string | undefined;
  /** What an error of the call has done, where neither the server says nor `sent` tells. */
  readonly effect?: ActionEffect;
  /** Ends the call as well. */
  readonly leaving?: AbortSignal;
}

/** One call of the client's while it runs. Disposing of it lets go of its timers and listeners, and of the request if it still runs. */
export class ClientCall implements Disposable {
  /** The caller's. */
  readonly caller: Context;
  /** The caller's, until the client closes or the call is over. */
  readonly ctx: CancelableContext;
  readonly trace: TraceContext;
  readonly #subject: CallSubject;
  /** Whether the request may have reached the server. */
  sent = false;
  /** The server's own error, once it has said one: it knows which resource it is about, if any. */
  told: CloudLinkError | undefined;

  constructor(caller: Context, subject: CallSubject & { readonly closing: AbortSignal }) {
    this.caller = caller;
    this.#subject = subject;
    this.trace = caller.trace ?? { traceId: createTraceId(), spanId: createSpanId(), sampled: false };
    const joined = caller.withSignal(subject.closing);
    this.ctx = (subject.leaving === undefined ? joined : joined.withSignal(subject.leaving)).withCancel();
  }

  /** The context of one step of the call: where the caller set no deadline, it ends after `defaultTimeoutMs`. Dispose of it. */
  step(defaultTimeoutMs: number): CancelableContext {
    const { ctx } = this;
    return (ctx.deadlineAt === Number.POSITIVE_INFINITY ? ctx.withTimeout(defaultTimeoutMs) : ctx).withCancel();
  }

  /** What failed, as the caller gets it: a CloudLinkError with the trace id and what was being done. */
  failure(error: unknown): CloudLinkError {
    const known = this.#known(error);
    const { operation, ref } = this.#subject;
    const shown = known.ref ?? (known === this.told ? undefined : ref);
    const effect = known.effect ?? this.#effect();
    return known.with({
      operation: known.operation ?? operation,
      traceId: known.traceId ?? this.trace.traceId,
      ...(shown !== undefined && { ref: shown }),
      ...(effect !== undefined && { effect }),
    });
  }

  #known(error: unknown): CloudLinkError {
    if (CloudLinkError.isInstance(error)) return error;
    if (error instanceof FormError) return malformed(`What the server sent is not of the form: ${error.message}.`);
    // Whatever was thrown, by a fetch of the caller's own say, may hold what was sent: nothing of it is kept.
    return new CloudLinkError({
      reason: "ErrUnexpected",
      message: "Something failed that no part of the client expected.",
      origin: "kernel",
    });
  }

  #effect(): ActionEffect | undefined {
    const { operation, effect } = this.#subject;
    if (operation === "act") return this.sent ? "unknown" : "none";
    return effect;
  }

  [Symbol.dispose](): void {
    this.ctx.cancel();
  }
}
