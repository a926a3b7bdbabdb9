import { CloudLinkError } from "@cloudlink/core";
import { expect, test } from "vitest";
import { isHazardous } from "../output/neutralize.ts";
import { errorBlock } from "./error-block.ts";

const plain = { exitCode: 6, paint: (_style: string, text: string) => text, caller: "shell" } as const;

test("an error says what happened, its code, reason and origin, what to do, when to try again, the trace and the exit code", () => {
  const error = new CloudLinkError({
    reason: "ErrThrottled",
    message: "AWS limits the rate of calls.",
    origin: "vendor",
    provider: "aws",
    operation: "ec2:DescribeInstances",
    retry: { retryable: true, afterMs: 1_500 },
    details: { vendorCode: "RequestLimitExceeded" },
    traceId: "0af7651916cd43dd8448eb211c80319c",
  });
  expect(errorBlock(error.toJSON(), plain)).toBe(
    [
      "error: AWS limits the rate of calls.",
      "  code        resource_exhausted (ErrThrottled), from aws",
      "  during      ec2:DescribeInstances",
      "  retry       may succeed later, after 1.5s",
      "  to do       Try again later, or ask for less: fewer accounts or regions.",
      "  vendorCode  RequestLimitExceeded",
      "  trace       0af7651916cd43dd8448eb211c80319c",
      "  exit code   6",
      "",
    ].join("\n"),
  );
});

test("a deadline that passed is named: that of --timeout, or the one there is without it", () => {
  const error = new CloudLinkError({ reason: "ErrDeadlineExceeded", message: "It took too long.", origin: "caller" });
  expect(errorBlock(error.toJSON(), { ...plain, timeoutMs: 300 })).toMatch(/^ {2}limit +300ms \(--timeout\)$/m);
  expect(errorBlock(error.toJSON(), plain)).toMatch(/^ {2}limit +10\.0s .*--timeout/m);
});

test("what became of an action is the first thing that is said, whether or not it is the message that says it", () => {
  const error = new CloudLinkError({ reason: "ErrVendorUnavailable", message: "Cut off.", origin: "vendor" });
  const effects = (["none", "unknown", "done"] as const).map(
    (effect) => errorBlock(error.with({ effect }).toJSON(), plain).split("\n")[1],
  );
  expect(effects).toEqual([
    "  effect     NOTHING WAS DONE",
    "  effect     IT IS NOT KNOWN WHETHER IT WAS DONE",
    "  effect     IT WAS DONE, OR IS UNDER WAY: THE VENDOR HAD ACCEPTED IT",
  ]);
});

test("each mistake in a file is a line, and a message from elsewhere is one line whatever it holds", () => {
  const mistakes = { message: "a.yaml:1:1: x\na.yaml:2:1: \x1b[2J" };
  const own = new CloudLinkError({ ...mistakes, reason: "ErrInvalidSettings", origin: "caller" });
  expect(errorBlock(own.toJSON(), plain)).toContain("error: a.yaml:1:1: x\n  a.yaml:2:1: \\x1b[2J\n");
  const foreign = new CloudLinkError({ ...mistakes, reason: "ErrVendorUnavailable", origin: "vendor" });
  expect(errorBlock(foreign.toJSON(), plain)).toContain("error: a.yaml:1:1: x\\na.yaml:2:1");
});

test("a vendor's message cannot write to the terminal through an error", () => {
  const error = new CloudLinkError({
    code: "internal",
    reason: "vendor.\x1b[2J",
    message: "\x1b]0;owned\x07",
    origin: "vendor",
    details: { "\u009bk": "\u202ev" },
  });
  expect(errorBlock(error.toJSON(), plain).split("\n").filter(isHazardous)).toEqual([]);
});
