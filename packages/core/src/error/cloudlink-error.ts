import { type ErrorCode, isErrorCode } from "./code.ts";
import { codeOfReason, type DocumentedReason, type ErrorReason } from "./reason.ts";

/** Which part of the path from caller to vendor the error came from. */
export type ErrorOrigin = "caller" | "kernel" | "cache" | "credentials" | "plugin" | "vendor";

/** What is known about whether a failed action was carried out all the same. */
export type ActionEffect = "none" | "unknown" | "done";

/** Whether the same call may succeed later. */
export interface RetryAdvice {
  readonly retryable: boolean;
  /** The shortest wait, in milliseconds, before another try makes sense. */
  readonly afterMs?: number;
}

/** The fields of an error beside its message, all of them fit to be shown to the caller. */
export interface ErrorFields {
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly origin: ErrorOrigin;
  readonly retry: RetryAdvice;
  /** On errors of actions only. */
  readonly effect?: ActionEffect;
  /** Name of the provider, such as `aws`. */
  readonly provider?: string;
  /** What was being done, such as `get` or `ec2:DescribeInstances`. */
  readonly operation?: string;
  /** The canonical ref of the resource concerned. */
  readonly ref?: string;
  /** W3C trace id of the call, 32 hexadecimal digits. */
  readonly traceId?: string;
  /** Further facts, such as the vendor's own error code or request id. Never a secret. */
  readonly details?: Readonly<Record<string, string>>;
}

/** What {@link CloudLinkError} is made from: the code may be left out where a documented reason implies it. */
export type ErrorInit = Omit<ErrorFields, "code" | "retry"> & {
  readonly message: string;
  readonly retry?: RetryAdvice;
  /** Kept for a debugger in this process; it is never serialised. Give it nothing that holds a secret. */
  readonly cause?: unknown;
} & ({ readonly reason: DocumentedReason; readonly code?: ErrorCode } | { readonly code: ErrorCode });

/** An error as it travels: what {@link CloudLinkError.toJSON} gives and {@link CloudLinkError.fromJSON} takes. */
export interface ErrorJson extends ErrorFields {
  readonly message: string;
}

/** Registered globally, so that two installed copies of this package understand each other. */
const marker = Symbol.for("cloudlink.error");

/**
 * The one error class. Handle `code`, and `reason` where a case of it matters; `message` is for people and says what to do.
 *
 * Invariants: nothing secret is in any field; `toJSON` leaves out `cause` and the stack; an instance is never changed:
 * a layer that knows more makes a copy by {@link CloudLinkError.with}.
 */
export class CloudLinkError extends Error implements ErrorFields {
  override readonly name = "CloudLinkError";
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly origin: ErrorOrigin;
  readonly retry: RetryAdvice;
  declare readonly effect?: ActionEffect;
  declare readonly provider?: string;
  declare readonly operation?: string;
  declare readonly ref?: string;
  declare readonly traceId?: string;
  declare readonly details?: Readonly<Record<string, string>>;
  /** The message without the code in front of it. */
  readonly rawMessage: string;
  readonly [marker] = true;

  constructor(init: ErrorInit) {
    const code = init.code ?? codeOfReason(init.reason as DocumentedReason);
    super(`[${code}] ${init.message}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.reason = init.reason;
    this.origin = init.origin;
    this.retry = init.retry ?? { retryable: false };
    this.rawMessage = init.message;
    for (const field of optionalFields) {
      if (init[field] !== undefined) Object.defineProperty(this, field, { value: init[field], enumerable: true });
    }
  }

  /** Whether `value` is a CloudLinkError, of this or another installed copy of the package. */
  static isInstance(value: unknown): value is CloudLinkError {
    return typeof value === "object" && value !== null && (value as { [marker]?: unknown })[marker] === true;
  }

  /**
   * `value` itself if it is a CloudLinkError; otherwise one made of `otherwise`, with `value` as its cause.
   * A foreign error's message is not taken over: nobody knows what is in it.
   */
  static from(value: unknown, otherwise: ErrorInit): CloudLinkError {
    return CloudLinkError.isInstance(value) ? value : new CloudLinkError({ ...otherwise, cause: value });
  }

  /** A copy with more fields known; stack and cause stay those of this error. */
  with(fields: Partial<Omit<ErrorFields, "code" | "reason">>): CloudLinkError {
    const copy = new CloudLinkError({ ...this.toJSON(), ...fields, cause: this.cause });
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }

  /** The wire form: every field but stack and cause. */
  toJSON(): ErrorJson {
    const { code, reason, rawMessage: message, origin, retry } = this;
    const json: Record<string, unknown> = { code, reason, message, origin, retry };
    for (const field of optionalFields) if (this[field] !== undefined) json[field] = this[field];
    return json as unknown as ErrorJson;
  }

  /**
   * The error that a wire form stands for. It takes anything: a form from a newer or a broken peer becomes an error too,
   * its unknown code `unknown` and its unknown reason kept.
   */
  static fromJSON(json: unknown): CloudLinkError {
    const form = (typeof json === "object" && json !== null ? json : {}) as Readonly<Record<string, unknown>>;
    const retry = (typeof form.retry === "object" && form.retry !== null ? form.retry : {}) as Record<string, unknown>;
    const afterMs = retry.afterMs;
    const optional: Record<string, unknown> = {};
    for (const field of textFields) if (typeof form[field] === "string") optional[field] = form[field];
    if (isOneOf(actionEffects, form.effect)) optional.effect = form.effect;
    if (isTextRecord(form.details)) optional.details = form.details;
    return new CloudLinkError({
      code: isErrorCode(form.code) ? form.code : "unknown",
      reason: typeof form.reason === "string" ? form.reason : "ErrUnexpected",
      message: typeof form.message === "string" ? form.message : "The peer sent an error without a message.",
      origin: isOneOf(errorOrigins, form.origin) ? form.origin : "plugin",
      retry: {
        retryable: retry.retryable === true,
        ...(typeof afterMs === "number" && afterMs >= 0 && Number.isFinite(afterMs) && { afterMs }),
      },
      ...optional,
    });
  }
}

const textFields = ["provider", "operation", "ref", "traceId"] as const;
const optionalFields = ["effect", ...textFields, "details"] as const;
const actionEffects: readonly ActionEffect[] = ["none", "unknown", "done"];
const errorOrigins: readonly ErrorOrigin[] = ["caller", "kernel", "cache", "credentials", "plugin", "vendor"];

function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return typeof value === "string" && (words as readonly string[]).includes(value);
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((entry) => typeof entry === "string")
  );
}
