import type { PowerState } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FollowedAction, GRACE_MS, pollAfterMs, progressOf, SKEW_MS } from "./power-action.ts";
import { type OwnedMachine, toVirtualMachine } from "./virtual-machine.ts";

const codes = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 } as const;

type RawState = keyof typeof codes;

const acceptedAt = Date.parse("2026-03-01T12:00:00Z");
const ticket = { acceptedAt };

/** What EC2 writes beside a state; an instance is launched, and changes, long before any action of these tests. */
interface Written {
  readonly stateReasonCode?: string;
  readonly launchedAt?: number;
  /** `undefined`: its reason has none, as that of a shutdown from inside. */
  readonly changedAt?: number | undefined;
}

const longAgo = { launchedAt: acceptedAt - 86_400_000, changedAt: acceptedAt - 80_000_000 };

function machineIn(state: RawState | "dreaming", written: Written = {}): OwnedMachine {
  const { launchedAt, changedAt, stateReasonCode } = { ...longAgo, ...written };
  const at = changedAt === undefined ? undefined : new Date(changedAt).toISOString().slice(0, 19).replace("T", " ");
  const code = state === "dreaming" ? 96 : codes[state];
  const status = toVirtualMachine(
    {
      InstanceId: "i-1",
      State: { Code: code, Name: state as RawState },
      LaunchTime: new Date(launchedAt),
      ...(at !== undefined && { StateTransitionReason: `User initiated (${at} GMT)` }),
    },
    "us-east-1",
  );
  return { owner: "1", status, ...(stateReasonCode !== undefined && { stateReasonCode }) };
}

const early = GRACE_MS - 1;
const late = GRACE_MS;

describe("what an instance's state says of an action on it", () => {
  it.each<[FollowedAction, RawState | "dreaming" | undefined, number, string]>([
    ["start", "running", 0, "running"],
    ["start", "running", early, "running"],
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
    ["stop", "stopped", 0, "running"],
    ["stop", "stopped", early, "running"],
    ["stop", "stopped", late, "done"],
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
    expect(progressOf(action, { machine, ticket, ageMs }).state).toBe(expected);
  });

  it.each<[FollowedAction, string, Written, string]>([
    ["start", "launched when it was accepted", { launchedAt: acceptedAt }, "done"],
    ["start", "launched a little before, by a clock behind", { launchedAt: acceptedAt - SKEW_MS }, "done"],
    ["start", "launched before that", { launchedAt: acceptedAt - SKEW_MS - 1 }, "running"],
    ["start", "changed since, which says nothing of a launch", { changedAt: acceptedAt }, "running"],
    ["stop", "stopped when it was accepted", { changedAt: acceptedAt }, "done"],
    ["stop", "stopped a little before, by a clock behind", { changedAt: acceptedAt - SKEW_MS }, "done"],
    ["stop", "stopped before that", { changedAt: acceptedAt - SKEW_MS - 1_000 }, "running"],
    ["stop", "stopped nobody knows when", { changedAt: undefined }, "running"],
    ["stop", "launched since", { launchedAt: acceptedAt }, "running"],
  ])("the end of a %s of one that was %s may be from before: %j is %s", (action, _case, written, expected) => {
    const machine = machineIn(action === "start" ? "running" : "stopped", written);
    expect(progressOf(action, { machine, ticket, ageMs: 0 }).state).toBe(expected);
  });

  it.each<[FollowedAction, RawState, RawState]>([
    ["start", "pending", "running"],
    ["stop", "stopping", "stopped"],
  ])(
    "the end of a %s that was seen on its way is believed, however wrong the caller's clock is",
    (action, way, end) => {
      // The clocks are an hour apart, or it joined an action that was begun then.
      const written = { launchedAt: acceptedAt - 3_600_000, changedAt: undefined };
      const seen = progressOf(action, { machine: machineIn(way, written), ticket, ageMs: 0 });
      expect(seen).toEqual({ state: "running", launchedAt: written.launchedAt });
      const later = { ticket: { acceptedAt, launchedAt: written.launchedAt }, ageMs: 1_000 };
      expect(progressOf(action, { machine: machineIn(end, written), ...later })).toEqual({ state: "done" });
      // That of an earlier run is not, and does not make one forget.
      const earlier = { launchedAt: written.launchedAt - 1, changedAt: undefined };
      expect(progressOf(action, { machine: machineIn(end, earlier), ...later })).toEqual(seen);
    },
  );

  it.each(["Server.InsufficientInstanceCapacity", "Server.InternalError"])(
    "a start that EC2 itself took back, by %s, was given up, and once the state cannot be from before it",
    (code) => {
      const machine = machineIn("stopped", { stateReasonCode: code });
      expect(progressOf("start", { machine, ticket, ageMs: early })).toEqual({ state: "running" });
      expect(progressOf("start", { machine, ticket, ageMs: late })).toEqual({
        state: "given up",
        words: `EC2 stopped it again (${code})`,
      });
    },
  );

  it.each([
    "Client.UserInitiatedShutdown",
    "Server.ScheduledStop",
    "Server.SpotInstanceShutdown",
    "Server.SpotInstanceTermination",
    "Server.SomethingNew",
    undefined,
  ])("a start that somebody stopped again, EC2 among them, was undone: %s", (stateReasonCode) => {
    const machine = machineIn("stopped", stateReasonCode === undefined ? {} : { stateReasonCode });
    const expected = { state: "undone", words: "it is stopped again" };
    expect(progressOf("start", { machine, ticket, ageMs: late })).toEqual(expected);
  });

  it("a stop that EC2 carried out for a reason of its own is done all the same", () => {
    const machine = machineIn("stopped", { stateReasonCode: "Server.ScheduledStop", changedAt: undefined });
    expect(progressOf("stop", { machine, ticket, ageMs: late })).toEqual({ state: "done" });
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
