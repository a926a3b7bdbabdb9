import { errorCodes } from "@cloudlink/core";
import { expect, test } from "vitest";
import { exitCodeHelp, exitCodeOf } from "./exit-code.ts";

test("each of the sixteen error codes has an exit code, and none of them is success", () => {
  const table = Object.fromEntries(errorCodes.map((code) => [code, exitCodeOf(code)]));
  expect(table).toEqual({
    canceled: 130,
    unknown: 1,
    invalid_argument: 2,
    deadline_exceeded: 8,
    not_found: 3,
    already_exists: 9,
    permission_denied: 5,
    resource_exhausted: 6,
    failed_precondition: 9,
    aborted: 9,
    out_of_range: 2,
    unimplemented: 9,
    internal: 1,
    unavailable: 7,
    data_loss: 1,
    unauthenticated: 4,
  });
});

test("what SIGTERM ends has an exit code of its own, and only if it was canceled", () => {
  expect(exitCodeOf("canceled", AbortSignal.abort("SIGTERM"))).toBe(143);
  expect(exitCodeOf("canceled", AbortSignal.abort())).toBe(130);
  expect(exitCodeOf("not_found", AbortSignal.abort("SIGTERM"))).toBe(3);
});

test("the help names every error code once", () => {
  const words = exitCodeHelp().match(/[a-z]+(_[a-z]+)*/g) ?? [];
  for (const code of errorCodes.filter((each) => each.includes("_"))) {
    expect(words.filter((word) => word === code)).toHaveLength(1);
  }
});
