import type { PowerState } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FollowedAction, GRACE_MS, pollAfterMs, progressOf } from "./power-action.ts";
import { type OwnedMachine, toVirtualMachine } from "./virtual-machine.ts";

const codes = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 } as const;

type RawState = keyof typeof codes;

function machineIn(state: RawState | "dreaming", stateReasonCode?: string): OwnedMachine {
  const code = state === "dreaming" ? 96 : codes[state];
  const status = toVirtualMachine({ InstanceId: "i-1", State: { Code: code, Name: state as RawState } }, "us-east-1");
  return { owner: "1", status, ...(stateReasonCode !== undefined && { stateReasonCode }) };
}

const early = GRACE_MS - 1;
const late = GRACE_MS;

describe("what an instance's state says of an action on it", () => {
  it.each<[FollowedAction, RawState | "dreaming" | undefined, number, string]>([
    ["start", "running", 0, "done"],
    ["start", "running", late, "done"],
    ["start", "pending", 0, "running"],
    ["start", "pending", 100 * late, "running"],
    ["start", "stopped", early, "running"],
    ["start", "stopped", late, "undone"],
    ["start", "stopping", early, "running"],
    ["start", "stopping", late, "undone"],
    ["start", "shutting-down", 0, "undone"],
    ["start", "terminated", 0, "undone"],
    ["start", "dreaming", late, "running"],
    ["start", undefined, early, "running"],
    ["start", undefined, late, "undone"],
    ["stop", "stopped", 0, "done"],
    ["stop", "stopping", 100 * late, "running"],
    ["stop", "running", early, "running"],
    ["stop", "running", late, "undone"],
    ["stop", "pending", early, "running"],
    ["stop", "pending", late, "undone"],
    ["stop", "shutting-down", 0, "undone"],
    ["stop", "terminated", 0, "undone"],
    ["stop", "dreaming", late, "running"],
    ["stop", undefined, early, "running"],
    ["stop", undefined, late, "undone"],
  ])("%s of one that is %s after %d ms is %s", (action, state, ageMs, expected) => {
    const machine = state === undefined ? undefined : machineIn(state);
    expect(progressOf(action, { machine, ageMs }).state).toBe(expected);
  });

  it.each(["Server.InsufficientInstanceCapacity", "Server.InternalError"])(
    "a start that EC2 itself took back, by %s, was given up, and once the state cannot be from before it",
    (code) => {
      const machine = machineIn("stopped", code);
      expect(progressOf("start", { machine, ageMs: early })).toEqual({ state: "running" });
      expect(progressOf("start", { machine, ageMs: late })).toEqual({
        state: "given up",
        words: `EC2 stopped it again (${code})`,
      });
    },
  );

  it("a start that somebody stopped again was undone", () => {
    const machine = machineIn("stopped", "Client.UserInitiatedShutdown");
    expect(progressOf("start", { machine, ageMs: late })).toEqual({ state: "undone", words: "it is stopped again" });
  });

  it("a stop that EC2 carried out for a reason of its own is done all the same", () => {
    const machine = machineIn("stopped", "Server.ScheduledStop");
    expect(progressOf("stop", { machine, ageMs: late })).toEqual({ state: "done" });
  });
});

describe("the wait before the next look", () => {
  it.each([
    [0, 1_000],
    [10_000, 1_000],
    [30_000, 3_000],
    [50_000, 5_000],
    [86_400_000, 5_000],
  ])("of an action %d ms old is %d ms", (ageMs, expected) => {
    expect(pollAfterMs(ageMs)).toBe(expected);
  });

  it("never gets shorter, and is whole milliseconds from a second to five", () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(200_000), (one, other) => {
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)].map(pollAfterMs) as [number, number];
        expect(sooner).toBeLessThanOrEqual(later);
        expect(Number.isInteger(sooner) && sooner >= 1_000 && later <= 5_000).toBe(true);
      }),
    );
  });
});

/** A state that the kind has and that nobody thought of here would be taken for one that passes. */
const known: readonly PowerState[] = ["unknown", "starting", "running", "stopping", "stopped", "deleting", "deleted"];

it("every state that an EC2 instance can be in has been thought of", () => {
  const states = [...Object.keys(codes), "dreaming"] as (RawState | "dreaming")[];
  expect(new Set(states.map((state) => machineIn(state).status.powerState))).toEqual(new Set(known));
});
