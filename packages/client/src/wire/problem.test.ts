import { CloudLinkError, errorCodes, httpStatusOf } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { error } from "../../test/arbitrary.ts";
import { problemForm } from "./problem.schema.ts";
import { errorOfProblem, problemOf, retryAfterOf } from "./problem.ts";

describe("a problem document", () => {
  it("is of its schema, and comes back as the same error", () => {
    fc.assert(
      fc.property(error, (error) => {
        const problem = JSON.parse(JSON.stringify(problemOf(error)));
        expect(problemForm.safeParse(problem).error?.issues).toBeUndefined();
        expect(errorOfProblem(problem)?.toJSON()).toEqual(error.toJSON());
      }),
    );
  });

  it("says what RFC 9457 asks for: a type that names the reason, a title in words, the status and the detail", () => {
    const made = new CloudLinkError({ reason: "ErrResourceNotFound", message: "No such machine.", origin: "vendor" });
    expect(problemOf(made, { traceId: "t" })).toEqual({
      type: "urn:cloudlink:error:ErrResourceNotFound",
      title: "Not found",
      status: 404,
      detail: "No such machine.",
      code: "not_found",
      reason: "ErrResourceNotFound",
      origin: "vendor",
      retry: { retryable: false },
      traceId: "t",
    });
    const odd = new CloudLinkError({ reason: "aws.a b/ü\ud800", code: "aborted", message: "m", origin: "vendor" });
    expect(URL.canParse(problemOf(odd).type)).toBe(true);
    expect(problemOf(odd, { status: 503 }).status).toBe(503);
    expect(
      errorCodes.map(
        (code) => problemOf(new CloudLinkError({ code, reason: "r", message: "m", origin: "kernel" })).status,
      ),
    ).toEqual(errorCodes.map(httpStatusOf));
  });

  it("is none where it has no code of ours and no reason, and never makes the reader throw", () => {
    for (const other of [
      null,
      "x",
      1,
      [],
      {},
      { code: "not_found" },
      { code: "constructor", reason: "r" },
      { code: "not_found", reason: 1 },
    ]) {
      expect(errorOfProblem(other)).toBeUndefined();
    }
    const names = ["code", "reason", "detail", "origin", "retry", "effect", "traceId", "details", "__proto__"];
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom("not_found", "ErrThrottled", "done"));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), field), (problem) => {
        const made = errorOfProblem(JSON.parse(JSON.stringify(problem)));
        if (made !== undefined) expect(errorCodes).toContain(made.code);
      }),
    );
    const huge = errorOfProblem({
      code: "internal",
      reason: "r",
      detail: "x".repeat(100_000),
      details: { __proto__: null, a: 1 },
    });
    expect(huge?.rawMessage).toHaveLength(4_096);
    expect(huge?.details).toBeUndefined();
  });

  it("has a Retry-After in whole seconds, rounded up", () => {
    expect([undefined, 0, 1, 1_000, 1_001, Number.POSITIVE_INFINITY].map(retryAfterOf)).toEqual([
      undefined,
      "0",
      "1",
      "1",
      "2",
      undefined,
    ]);
  });
});
