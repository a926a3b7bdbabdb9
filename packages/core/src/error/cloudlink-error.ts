import type { ErrorCode } from "./code.ts";
import type { ActionEffect, ErrorFields, ErrorInit, ErrorJson, ErrorOrigin, RetryAdvice } from "./error-fields.ts";
import { readErrorJson, textFields } from "./error-json.ts";
import { codeOfReason, type ErrorReason, isDocumentedReason } from "./reason.ts";

/** Registered globally, so that two installed copies of this package understand each other. */
const marker = Symbol.for("cloudlink.error");

/**
 * The one error class. Handle `code`, and `reason` where a case of it matters; `message` is for people and says what to do.
 *
 * Invariants: nothing secret is in any field; a documented reason always stands under its own code; `toJSON` leaves out `cause`
 * and the stack; the fields of {@link ErrorFields} never change, because callers share an error: a layer that knows more makes a
 * copy by {@link CloudLinkError.with}.
 */
export class CloudLinkError extends Error implements ErrorFields {
  declare readonly name: "CloudLinkError";
  declare readonly code: ErrorCode;
  declare readonly reason: ErrorReason;
  declare readonly origin: ErrorOrigin;
  declare readonly retry: RetryAdvice;
  declare readonly effect?: ActionEffect;
  declare readonly provider?: string;
  declare readonly operation?: string;
  declare readonly ref?: string;
  declare readonly traceId?: string;
  declare readonly details?: Readonly<Record<string, string>>;
  /** The message without the code in front of it. */
  declare readonly rawMessage: string;
  declare readonly [marker]: true;

  constructor(init: ErrorInit) {
    const code = isDocumentedReason(init.reason) ? codeOfReason(init.reason) : (init.code ?? "unknown");
    super(`[${code}] ${init.message}`, init.cause === undefined ? undefined : { cause: init.cause });
    fix(this, "code", code);
    fix(this, "reason", init.reason);
    fix(this, "origin", init.origin);
    fix(this, "retry", Object.freeze(init.retry === undefined ? { retryable: false } : { ...init.retry }));
    fix(this, "rawMessage", init.message);
    for (const field of scalarFields) if (init[field] !== undefined) fix(this, field, init[field]);
    if (init.details !== undefined) fix(this, "details", Object.freeze({ ...init.details }));
  }

  /** Whether `value` is a CloudLinkError, of this or another installed copy of the package. */
  static isInstance(value: unknown): value is CloudLinkError {
    return isMarked(value);
  }

  /**
   * `value` itself if it is a CloudLinkError; otherwise one made of `otherwise`, with `value` as its cause.
   * A foreign error's message is not taken over: nobody knows what is in it.
   */
  static from(value: unknown, otherwise: ErrorInit): CloudLinkError {
    return isMarked(value) ? value : create({ ...otherwise, cause: value });
  }

  /** A copy with more fields known; code, reason, message, stack and cause stay those of this error. */
  with(fields: Partial<Omit<ErrorFields, "code" | "reason">>): CloudLinkError {
    const copy = create({ ...this.toJSON(), ...fields, cause: this.cause });
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }

  /** The wire form: every field but stack and cause. */
  toJSON(): ErrorJson {
    const { code, reason, rawMessage: message, origin, retry } = this;
    const json: Record<string, unknown> = { code, reason, message, origin, retry };
    for (const field of scalarFields) if (this[field] !== undefined) json[field] = this[field];
    if (this.details !== undefined) json.details = this.details;
    return json as unknown as ErrorJson;
  }

  /**
   * The error that a wire form stands for. It takes anything, and never throws: a form from a newer or a broken peer becomes an error
   * too, with the code `unknown` where it has none of the sixteen, and an unknown reason kept. Texts longer than 4,096 characters
   * are cut, and details beyond 64 left out.
   */
  static fromJSON(json: unknown): CloudLinkError {
    return create(readErrorJson(json));
  }
}

// On the prototype: the name has to be there when the engine writes the first line of the stack, and neither is a fact of one error.
Object.defineProperties(CloudLinkError.prototype, { name: { value: "CloudLinkError" }, [marker]: { value: true } });

const scalarFields = ["effect", ...textFields] as const;

function isMarked(value: unknown): value is CloudLinkError {
  return typeof value === "object" && value !== null && (value as { [marker]?: unknown })[marker] === true;
}

/** Outside the class: one that names itself inside is renamed by the bundler, and every stack trace would show that other name. */
function create(init: ErrorInit): CloudLinkError {
  return new CloudLinkError(init);
}

/** Sets a field for good. A function, because a private method would keep the classes of two installed copies apart as types. */
function fix(error: CloudLinkError, field: keyof ErrorFields | "rawMessage", value: unknown): void {
  Object.defineProperty(error, field, { value, enumerable: true });
}
