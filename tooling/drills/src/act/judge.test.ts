import { CloudLinkError, type DocumentedReason, type Operation } from "@cloudlink/core";
import { expect, test } from "vitest";
import type { CallMade } from "./callers.ts";
import { judge } from "./judge.ts";
import type { Wish } from "./wish.ts";
import type { Truth } from "./world.ts";

const machine = { id: "i-1", account: "111111111111", state: "running" };

function wishWith(fields: Partial<Wish> = {}): Wish {
  const faults = { answers: [], latency: undefined };
  return {
    machine,
    action: "reboot",
    tenant: "operator",
    key: undefined,
    together: [],
    afterwards: [],
    faults,
    ...fields,
  };
}

/** What the vendor's log says: so many reboots, in so many requests. */
function truthWith({ done, requests = 1 }: { readonly done: number; readonly requests?: number }): Truth {
  return {
    deeds: () => new Array(done).fill({ action: "RebootInstances", instanceId: "i-1" }),
    requests: () => new Array(requests).fill({ action: "RebootInstances", parameters: {} }),
  };
}

function failed(
  fields: Pick<CloudLinkError, "effect"> & { readonly reason?: DocumentedReason; readonly sent?: number },
): CallMade {
  const { effect = "none", reason = "ErrVendorUnavailable", sent = 1 } = fields;
  const error = new CloudLinkError({ reason, message: "for a test", origin: "vendor", effect });
  return { action: "reboot", sent, wasInTheAir: false, outcome: { end: "failed", error } };
}

const accepted: CallMade = {
  ...{ action: "reboot", sent: 1, wasInTheAir: false },
  outcome: { end: "accepted", operation: {} as Operation },
};

const nothingWrong = { repeats: 0, contradicted: [], needless: [], mute: [] };

test("what was done once and accepted is right, and so is what was refused and not done", () => {
  expect(judge(wishWith(), [accepted], truthWith({ done: 1 }))).toEqual(nothingWrong);
  expect(judge(wishWith(), [failed({ effect: "none" })], truthWith({ done: 0 }))).toEqual(nothingWrong);
});

test("a reboot that was done twice is a blind repeat", () => {
  expect(judge(wishWith(), [accepted], truthWith({ done: 2 })).repeats).toBe(1);
});

test("an effect is contradicted where it says none and it was done, or done and it was not", () => {
  expect(judge(wishWith(), [failed({ effect: "none" })], truthWith({ done: 1 })).contradicted).not.toEqual([]);
  expect(judge(wishWith(), [failed({ effect: "done" })], truthWith({ done: 0 })).contradicted).not.toEqual([]);
  expect(judge(wishWith(), [accepted], truthWith({ done: 0 })).contradicted).not.toEqual([]);
});

test("unknown is right where an answer was lost, and needless where it came", () => {
  const fault = { weight: 1, tells: false, planned: { fault: { kind: "answerLost" } } };
  const lost = wishWith({ faults: { answers: [fault], latency: undefined } });
  expect(judge(lost, [failed({ effect: "unknown" })], truthWith({ done: 1 }))).toEqual(nothingWrong);
  expect(judge(wishWith(), [failed({ effect: "unknown" })], truthWith({ done: 1 })).needless).toHaveLength(1);
  // The fault was meant for a request that was never made.
  const unmet = judge(lost, [failed({ effect: "unknown", sent: 0 })], truthWith({ done: 0, requests: 0 }));
  expect(unmet.needless).toHaveLength(1);
});

test("unknown is right for a caller that left while its request was on its way, and not for one that left before", () => {
  const left = failed({ effect: "unknown", reason: "ErrCanceled" });
  expect(judge(wishWith(), [{ ...left, wasInTheAir: true }], truthWith({ done: 1 }))).toEqual(nothingWrong);
  expect(judge(wishWith(), [left], truthWith({ done: 0, requests: 0 })).needless).toHaveLength(1);
});

test("two actions under one key are a contradiction", () => {
  const other: CallMade = { ...accepted, action: "stop" };
  const truth: Truth = {
    deeds: () => ["RebootInstances", "StopInstances"].map((action) => ({ action, instanceId: "i-1" })),
    requests: () => [],
  };
  expect(judge(wishWith(), [accepted, other], truth).contradicted).toHaveLength(1);
});
