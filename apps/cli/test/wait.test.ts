import { CloudLinkError } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { type FakeCloud, machine, refOf } from "./fake-provider.ts";
import { capture, runInProcess } from "./in-process.ts";
import { createWatchedClock } from "./watched-clock.ts";

type Machines = readonly ReturnType<typeof machine>[];

/** A cloud that holds other machines at each question, and then the last ones for good; or fails with what stands in their place. */
function turning(...turns: readonly (Machines | CloudLinkError)[]) {
  let questions = 0;
  let now: Machines = [];
  return {
    cloud: {
      get machines() {
        return now;
      },
      onCall() {
        const turn = turns[Math.min(questions++, turns.length - 1)];
        if (CloudLinkError.isInstance(turn)) throw turn;
        now = turn ?? [];
      },
    },
    questions: () => questions,
  };
}

const stopping = machine("i-1", { powerState: "stopping" });
const stopped = machine("i-1", { powerState: "stopped" });
const unavailable = new CloudLinkError({
  reason: "ErrVendorUnavailable",
  message: "The vendor has a fault.",
  origin: "vendor",
  // The kernel gives up at once what it may not try again.
  retry: { retryable: false },
});
const forStopped = ["wait", "--for", "powerState=stopped", refOf("i-1")];

describe("wait", () => {
  test("asks until the live state is the one that is waited for, and prints it", async () => {
    const clock = createWatchedClock();
    const { cloud, questions } = turning([stopping], [stopping], [stopped]);
    const run = runInProcess([...forStopped, "--json"], { cloud, clock });
    await clock.pass(2_000);
    await clock.pass(2_000);
    const { exitCode, stdout, stderr } = await run;
    expect({ exitCode, stderr, questions: questions() }).toEqual({ exitCode: 0, stderr: "", questions: 3 });
    expect(JSON.parse(stdout)).toMatchObject({
      ref: refOf("i-1"),
      value: { powerState: "stopped" },
      freshness: { source: "live" },
      stats: { vendorCalls: 3 },
    });
  });

  test("asks as often as --interval says, and takes any of several values", async () => {
    const clock = createWatchedClock();
    const { cloud } = turning([machine("i-1", { powerState: "starting" })], [machine("i-1")]);
    const argv = ["wait", "--for", "powerState=running,stopped", refOf("i-1"), "--interval", "500ms", "-o", "name"];
    const run = runInProcess(argv, { cloud, clock });
    await clock.pass(500);
    expect(await run).toMatchObject({ exitCode: 0, stdout: `${refOf("i-1")}\n` });
  });

  test("does not wait where the state is there already", async () => {
    const { cloud, questions } = turning([stopped]);
    expect((await runInProcess(forStopped, { cloud })).exitCode).toBe(0);
    expect(questions()).toBe(1);
  });

  test("of several asks no more for those that are there, and prints all", async () => {
    const clock = createWatchedClock();
    const second = machine("i-2", { powerState: "stopped" });
    const { cloud } = turning([stopping, second], [stopped]);
    const run = runInProcess([...forStopped, refOf("i-2"), "-o", "name"], { cloud, clock });
    await clock.pass(2_000);
    // The second question is about i-1 alone: i-2 is not there any more, and nobody minds.
    expect(await run).toMatchObject({ exitCode: 0, stdout: `${refOf("i-1")}\n${refOf("i-2")}\n` });
  });

  test("ends after five minutes with exit code 8, the last state that was seen, and what is waited for no more", async () => {
    const clock = createWatchedClock();
    const { cloud } = turning([stopping]);
    const run = runInProcess([...forStopped, "--interval", "1h"], { cloud, clock });
    await clock.waiting(3_600_000);
    clock.advance(300_000);
    const { exitCode, stdout, stderr } = await run;
    expect(exitCode).toBe(8);
    expect(stdout).toMatch(/^powerState +stopping$/m);
    expect(stderr).toContain("powerState is stopping");
    expect(stderr).toMatch(/^ {2}limit +5m 0s \(--timeout\)$/m);
    expect(stderr).toMatch(new RegExp(`^ {2}resource +${refOf("i-1")}$`, "m"));
  });

  test("takes --timeout", async () => {
    const clock = createWatchedClock();
    const { cloud } = turning([stopping]);
    const run = runInProcess([...forStopped, "--timeout", "3s"], { cloud, clock });
    await clock.pass(2_000);
    await clock.waiting(2_000);
    clock.advance(1_000);
    expect((await run).exitCode).toBe(8);
  });

  test("of several that only some reach in time exits with 10, and says which did not", async () => {
    const clock = createWatchedClock();
    const { cloud } = turning([stopping, machine("i-2", { powerState: "stopped" })]);
    const run = runInProcess([...forStopped, refOf("i-2"), "--interval", "1h"], { cloud, clock });
    await clock.waiting(3_600_000);
    clock.advance(300_000);
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(10);
    expect(stderr).toMatch(/^problem: .*i-1: deadline_exceeded .*powerState is stopping/m);
  });

  test("goes on after what may pass, and tells of it with --verbose", async () => {
    for (const more of [[], ["--verbose"]]) {
      const clock = createWatchedClock();
      const { cloud } = turning(unavailable, [stopping], unavailable, [stopped]);
      const run = runInProcess([...forStopped, ...more], { cloud, clock });
      for (let question = 1; question < 4; question++) await clock.pass(2_000);
      const { exitCode, stderr } = await run;
      expect(exitCode).toBe(0);
      const told = stderr.match(/^↻ .*i-1 asked again, after unavailable .*The vendor has a fault\.$/gm) ?? [];
      expect(told).toHaveLength(more.length * 2);
    }
  });

  test("waits as long as a rate limit says, where that is longer", async () => {
    const clock = createWatchedClock();
    const limited = unavailable.with({ retry: { retryable: false, afterMs: 7_000 } });
    const { cloud } = turning(limited, [stopped]);
    const run = runInProcess(forStopped, { cloud, clock });
    await clock.pass(7_000);
    expect((await run).exitCode).toBe(0);
  });

  test("of several waits for the one that a rate limit is for, and asks about the others meanwhile", async () => {
    const clock = createWatchedClock();
    const limited = unavailable.with({ retry: { retryable: false, afterMs: 7_000 } });
    const asked: string[] = [];
    const cloud: FakeCloud = {
      machines: [stopped],
      answerOf(id) {
        asked.push(`${id} ${clock.monotonicMs() - startedAt}`);
        if (id === "i-1") return asked.length === 1 ? limited : stopped;
        return machine(id, { powerState: asked.length < 6 ? "stopping" : "stopped" });
      },
    };
    const startedAt = clock.monotonicMs();
    const argv = [...forStopped, refOf("i-2"), "-o", "name", "--verbose"];
    const run = runInProcess(argv, { cloud, clock });
    for (let question = 0; question < 4; question++) await clock.pass(2_000);
    const { exitCode, stdout, stderr } = await run;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${refOf("i-1")}\n${refOf("i-2")}\n` });
    expect(asked).toEqual(["i-1 0", "i-2 0", "i-2 2000", "i-2 4000", "i-2 6000", "i-1 8000", "i-2 8000"]);
    // Nothing is said of one that was not asked about.
    expect(stderr.match(/asked again, after/g)).toHaveLength(1);
  });

  test("ends at once by what does not pass: exit code 5 for a denial", async () => {
    const denied = new CloudLinkError({ reason: "ErrPermissionDenied", message: "Not you.", origin: "vendor" });
    const { cloud } = turning([stopping], denied);
    const clock = createWatchedClock();
    const run = runInProcess(forStopped, { cloud, clock });
    await clock.pass(2_000);
    const { exitCode, stdout, stderr } = await run;
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/^powerState +stopping$/m);
    expect(stderr).toContain("Not you.");
  });

  test("believes in the first half minute that what is not found may be about to appear", async () => {
    const clock = createWatchedClock();
    const { cloud } = turning([], [], [stopped]);
    const run = runInProcess([...forStopped, "--interval", "14s"], { cloud, clock });
    await clock.pass(14_000);
    await clock.pass(14_000);
    expect((await run).exitCode).toBe(0);
  });

  test("ends with exit code 3 where it is not found after that, and where it is gone", async () => {
    for (const before of [[], [stopping]]) {
      const clock = createWatchedClock();
      const { cloud } = turning(before, []);
      const run = runInProcess([...forStopped, "--interval", "15s"], { cloud, clock });
      await clock.pass(15_000);
      await clock.pass(15_000);
      const { exitCode, stderr } = await run;
      expect(exitCode).toBe(3);
      expect(stderr).toContain("not_found (ErrResourceNotFound)");
    }
  });

  test("ends at Ctrl-C with the last state that was seen", async () => {
    const clock = createWatchedClock();
    const interrupt = new AbortController();
    const { cloud } = turning([stopping]);
    const run = runInProcess([...forStopped, "--json"], { cloud, clock, interrupt: interrupt.signal });
    await clock.waiting(2_000);
    interrupt.abort();
    const { exitCode, stdout, stderr } = await run;
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout).value.powerState).toBe("stopping");
    expect(JSON.parse(stderr).error.details["last state"]).toBe("powerState is stopping");
  });

  test("does not let one question that hangs take all of its time", async () => {
    const clock = createWatchedClock();
    let questions = 0;
    const begun = Promise.withResolvers<void>();
    const hanging = {
      machines: [stopped],
      beforeGetMany: async () => {
        questions += 1;
        begun.resolve();
        if (questions === 1) await Promise.withResolvers<void>().promise;
      },
    };
    const run = runInProcess(forStopped, { cloud: hanging, clock });
    await begun.promise;
    clock.advance(10_000);
    await clock.pass(2_000);
    expect(await run).toMatchObject({ exitCode: 0 });
    expect(questions).toBe(2);
  });

  test("shows how it stands where a person watches, and wipes it", async () => {
    const clock = createWatchedClock();
    const stderr = capture({ columns: 100 });
    const { cloud } = turning([], [stopping], [stopped]);
    const run = runInProcess(forStopped, { cloud, clock, stderr, stdout: capture({ columns: 100 }) });
    await clock.pass(2_000);
    await clock.pass(2_000);
    await run;
    expect(stderr.writes).toEqual([
      "powerState=stopped: not there yet, 0ms …",
      "\r\x1b[KpowerState=stopped: powerState is stopping, 2.0s …",
      "\r\x1b[K",
    ]);
  });

  test.each([
    [["wait", refOf("i-1")], "--for"],
    [["wait", "--for", "powerState=stoped", refOf("i-1")], "stopped"],
    [["wait", "--for", "nmae=x", refOf("i-1")], "powerState"],
    [["wait", "--for", "powerState", refOf("i-1")], "name=value"],
    [["wait", "--for", "powerState=stopped"], "Missing required argument"],
    [[...forStopped, "--interval", "2"], "800ms, 2s"],
    [[...forStopped, "--interval", "0ms"], "no more often than every 250ms"],
    [[...forStopped, "--interval", "249ms"], "no more often than every 250ms"],
    [[...forStopped, refOf("i-1").replace("VirtualMachine", "Bucket")], "apart"],
  ])("%j is refused before anything is called", async (argv, hint) => {
    const { cloud, questions } = turning([stopping]);
    const { exitCode, stderr } = await runInProcess(argv, { cloud });
    expect({ exitCode, questions: questions() }).toEqual({ exitCode: 2, questions: 0 });
    expect(stderr).toContain(hint);
  });
});
