import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CloudLinkError } from "./cloudlink-error.ts";
import { errorCodes, isErrorCode } from "./code.ts";
import type { ErrorFields, ErrorInit, ErrorJson } from "./error-fields.ts";
import { codeOfReason, documentedReasons, isDocumentedReason } from "./reason.ts";

const full: ErrorInit = {
  reason: "ErrThrottled",
  message: "Too many calls. Wait a second.",
  origin: "vendor",
  retry: { retryable: true, afterMs: 1_000 },
  effect: "none",
  provider: "aws",
  operation: "ec2:DescribeInstances",
  ref: "aws/aws/1/eu-west-1/compute.VirtualMachine/i-1",
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  details: { vendorCode: "RequestLimitExceeded" },
};

describe("CloudLinkError", () => {
  it("takes its code from a documented reason, and puts it before the message", () => {
    const error = new CloudLinkError({ reason: "ErrResourceNotFound", message: "No such machine.", origin: "vendor" });
    expect(error.code).toBe("not_found");
    expect(error.message).toBe("[not_found] No such machine.");
    expect(error.rawMessage).toBe("No such machine.");
    expect(error.retry).toEqual({ retryable: false });
    expect(error).toBeInstanceOf(Error);
  });

  it("Meaning 9: a documented reason always stands under its own code, whatever else it was given", () => {
    for (const reason of documentedReasons) {
      for (const code of errorCodes) {
        const error = new CloudLinkError({ reason, code, message: "m", origin: "kernel" });
        expect(error.code).toBe(codeOfReason(reason));
      }
    }
  });

  it("needs a code beside a reason of a provider's own", () => {
    const error = new CloudLinkError({
      reason: "aws.IncorrectInstanceState",
      code: "failed_precondition",
      message: "m",
      origin: "vendor",
    });
    expect(error.code).toBe("failed_precondition");
    expectTypeOf<{ reason: "aws.X"; message: string; origin: "vendor" }>().not.toExtend<ErrorInit>();
    expectTypeOf<{ reason: "ErrThrottled"; message: string; origin: "vendor" }>().toExtend<ErrorInit>();
    expectTypeOf<{ reason: "aws.X"; code: "internal"; message: string; origin: "vendor" }>().toExtend<ErrorInit>();
    // What the compiler does not see is an error of code unknown, and not of none.
    const untyped = { reason: "constructor", message: "m", origin: "plugin" } as unknown as ErrorInit;
    expect(new CloudLinkError(untyped).code).toBe("unknown");
  });

  it("has a name on the first line of its stack, and no field that was not given", () => {
    const error = new CloudLinkError({ reason: "ErrUnexpected", message: "m", origin: "kernel" });
    expect(error.stack?.split("\n")[0]).toBe("CloudLinkError: [unknown] m");
    expect(inspect(error)).toMatch(/^CloudLinkError: \[unknown\] m\n/);
    expect(Object.keys(error)).toEqual(["code", "reason", "origin", "retry", "rawMessage"]);
    expect("cause" in error).toBe(false);
  });

  it("never changes: no field can be assigned, and what it was made from can change without it", () => {
    const details = { vendorCode: "a" };
    const retry = { retryable: true };
    const error = new CloudLinkError({ ...full, details, retry });
    details.vendorCode = "b";
    retry.retryable = false;
    expect(error.details).toEqual({ vendorCode: "a" });
    expect(error.retry).toEqual({ retryable: true });
    for (const field of Object.keys(error)) expect(Reflect.set(error, field, "other"), field).toBe(false);
    expect(Object.isFrozen(error.details)).toBe(true);
    expect(Object.isFrozen(error.retry)).toBe(true);
  });

  it("is recognised across installed copies by its marker, and nothing from JSON passes for one", () => {
    const error = new CloudLinkError(full);
    const foreign = Object.defineProperty(new Error("of another copy"), Symbol.for("cloudlink.error"), { value: true });
    expect([error, foreign].map((value) => CloudLinkError.isInstance(value))).toEqual([true, true]);
    const others = [undefined, null, "x", new Error("x"), error.toJSON(), JSON.parse(JSON.stringify(error))];
    for (const value of others) expect(CloudLinkError.isInstance(value)).toBe(false);
  });
});

describe("CloudLinkError.from", () => {
  const otherwise: ErrorInit = { reason: "ErrUnexpected", message: "Something failed.", origin: "plugin" };

  it("gives a CloudLinkError back as it is", () => {
    const error = new CloudLinkError(full);
    expect(CloudLinkError.from(error, otherwise)).toBe(error);
  });

  it("Meaning 9: takes over nothing of a foreign error but its cause, for nobody knows what is in it", () => {
    const foreign = new Error("password=hunter2");
    const error = CloudLinkError.from(foreign, otherwise);
    expect(error.cause).toBe(foreign);
    expect(error.message).toBe("[unknown] Something failed.");
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(CloudLinkError.from("thrown text", otherwise).cause).toBe("thrown text");
  });
});

describe("CloudLinkError.with", () => {
  it("makes a copy that knows more, and keeps code, reason, message, stack and cause", () => {
    const cause = new Error("cause");
    const error = new CloudLinkError({ reason: "ErrThrottled", message: "m", origin: "vendor", cause });
    const copy = error.with({ provider: "aws", retry: { retryable: true, afterMs: 5 } });
    expect(copy).not.toBe(error);
    expect(copy).toMatchObject({ provider: "aws", retry: { retryable: true, afterMs: 5 }, origin: "vendor" });
    expect([copy.code, copy.reason, copy.message, copy.stack, copy.cause]).toEqual([
      error.code,
      error.reason,
      error.message,
      error.stack,
      cause,
    ]);
    expect(error.provider).toBeUndefined();
    expectTypeOf(error.with).parameter(0).not.toHaveProperty("code");
  });

  it("adds no cause to an error that has none", () => {
    expect("cause" in new CloudLinkError(full).with({ provider: "azure" })).toBe(false);
  });
});

describe("the wire form", () => {
  it("has every field but stack and cause, and comes back as the same error", () => {
    const error = new CloudLinkError({ ...full, cause: new Error("hunter2") });
    const text = JSON.stringify(error);
    expect(text).not.toContain("hunter2");
    expect(JSON.parse(text)).toEqual({ ...full, code: "resource_exhausted" });
    expect(CloudLinkError.fromJSON(JSON.parse(text)).toJSON()).toEqual(error.toJSON());
    expectTypeOf(error.toJSON()).toEqualTypeOf<ErrorJson>();
    expectTypeOf<ErrorJson>().toExtend<ErrorFields>();
  });

  it("is read whatever it is: never a throw, always a code of the sixteen and the types that are promised", () => {
    const wild = fc.oneof(
      fc.jsonValue(),
      fc.record(
        Object.fromEntries(
          ["code", "reason", "message", "origin", "retry", "effect", "provider", "ref", "traceId", "details"].map(
            (field) => [
              field,
              fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom("not_found", "ErrThrottled", "vendor", "done")),
            ],
          ),
        ),
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(wild, (json) => {
        const error = CloudLinkError.fromJSON(JSON.parse(JSON.stringify(json)));
        expect(isErrorCode(error.code)).toBe(true);
        expect(typeof error.reason).toBe("string");
        expect(error.rawMessage).not.toBe("");
        expect(typeof error.retry.retryable).toBe("boolean");
        if (isDocumentedReason(error.reason)) expect(error.code).toBe(codeOfReason(error.reason));
        for (const field of ["provider", "operation", "ref", "traceId"] as const) {
          expect(["string", "undefined"]).toContain(typeof error[field]);
        }
        for (const value of Object.values(error.details ?? {})) expect(typeof value).toBe("string");
        // What was read once is read the same again.
        expect(CloudLinkError.fromJSON(error.toJSON()).toJSON()).toEqual(error.toJSON());
      }),
    );
    for (const value of [undefined, null, 1, "text", [], () => {}, Symbol("s"), 1n]) {
      expect(CloudLinkError.fromJSON(value)).toMatchObject({
        code: "unknown",
        reason: "ErrUnexpected",
        origin: "plugin",
      });
    }
  });

  it("keeps an unknown reason, under the code that came with it or unknown", () => {
    const newer = { code: "unavailable", reason: "ErrOfALaterVersion", message: "m", origin: "vendor" };
    expect(CloudLinkError.fromJSON(newer)).toMatchObject({ code: "unavailable", reason: "ErrOfALaterVersion" });
    expect(CloudLinkError.fromJSON({ ...newer, code: "of_a_later_version" }).code).toBe("unknown");
  });

  it("does no harm with __proto__, constructor and their like", () => {
    const json = JSON.parse(`{
      "__proto__": { "polluted": "yes", "message": "inherited" }, "constructor": { "prototype": { "polluted": "yes" } },
      "retry": { "__proto__": { "retryable": true } }, "details": { "__proto__": "own", "constructor": "own" }
    }`);
    const error = CloudLinkError.fromJSON(json);
    expect((Object.prototype as { polluted?: string }).polluted).toBeUndefined();
    expect(error.rawMessage).toBe("The peer sent an error without a message.");
    expect(error.retry).toEqual({ retryable: false });
    expect(Object.entries(error.details ?? {})).toEqual([
      ["__proto__", "own"],
      ["constructor", "own"],
    ]);
    expect(Object.getPrototypeOf(error.details)).toBe(Object.prototype);
  });

  it("bounds what a peer can send: texts are cut, details counted, other things left out", () => {
    const huge = "x".repeat(1_000_000);
    const details = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`name-${index}`, huge]));
    const error = CloudLinkError.fromJSON({
      code: "internal",
      reason: huge,
      message: huge,
      provider: huge,
      details: { number: 1, ...details },
      retry: { retryable: 1, afterMs: Number.POSITIVE_INFINITY },
    });
    expect(error.rawMessage).toHaveLength(4_096);
    expect(error.provider).toHaveLength(4_096);
    expect(error.reason).toHaveLength(256);
    expect(Object.keys(error.details ?? {})).toHaveLength(63);
    expect(error.retry).toEqual({ retryable: false });
    expect(JSON.stringify(error).length).toBeLessThan(300_000);
  });

  it("is well-formed Unicode, so that protobuf takes it", () => {
    const error = CloudLinkError.fromJSON({ message: `${"x".repeat(4_094)}\u{1f600}${"y".repeat(9)}`, ref: "\udc00" });
    expect(error.rawMessage.isWellFormed()).toBe(true);
    expect(error.ref).toBe("\ufffd");
  });

  it.each([-1, Number.NaN, "5", null])("leaves out a wait of %o", (afterMs) => {
    expect(CloudLinkError.fromJSON({ retry: { retryable: true, afterMs } }).retry).toEqual({ retryable: true });
  });
});
