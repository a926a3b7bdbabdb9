import { type ActionState, CloudLinkError, type FollowRequest } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { counting, machines, running } from "./counting-cloud.ts";
import { refOf } from "./fake-provider.ts";
import { capture, runInProcess } from "./in-process.ts";
import { createWatchedClock } from "./watched-clock.ts";

describe("--wait", () => {
  test("follows the operation to its end, as often as the vendor wants it, and counts what that costs", async () => {
    const clock = createWatchedClock();
    const { cloud } = counting(() => running(2_000));
    let asks = 0;
    const states: ActionState[] = [running(5_000, { progress: 0.5 }), { state: "done" }];
    const followed = {
      ...cloud,
      onFollow: () => states[asks++] as ActionState,
    };
    const stderr = capture({ columns: 100 });
    const run = runInProcess(["stop", refOf("i-1"), "--yes", "--wait", "--json"], { cloud: followed, clock, stderr });
    await clock.pass(2_000);
    await clock.pass(5_000);
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: "done", stats: { vendorCalls: 3 } });
    expect(stderr.text()).toContain("stop: under way …");
    expect(stderr.text()).toContain("stop: under way, 50% …");
    expect(stderr.writes.at(-1)).toBe("\r\x1b[K");
  });

  test("that Ctrl-C ends says that the action goes on and how to follow it, and prints the operation", async () => {
    const interrupt = new AbortController();
    const { cloud } = counting(() => running());
    const clock = createWatchedClock();
    const argv = ["stop", refOf("i-1"), "--yes", "--wait", "--json"];
    const run = runInProcess(argv, { cloud, clock, interrupt: interrupt.signal });
    await clock.waiting(2_000);
    interrupt.abort();
    const { exitCode, stdout, stderr } = await run;
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ state: "running", token: expect.any(String) });
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code: "canceled", effect: "done", ref: refOf("i-1") });
    expect(error.message).toContain("goes on");
    // Nobody but this process knows what its token means.
    expect(error.details.follow).toBe(`cloudlink get ${refOf("i-1")}`);
  });

  test("ends at --timeout with exit code 8, and says that the action goes on", async () => {
    const clock = createWatchedClock();
    const { cloud } = counting(() => running(60_000));
    const argv = ["stop", refOf("i-1"), "--yes", "--wait", "--timeout", "10s"];
    const run = runInProcess(argv, { cloud, clock, tokenKey: new Uint8Array(32) });
    await clock.waiting(60_000);
    clock.advance(10_000);
    const { exitCode, stdout, stderr } = await run;
    expect(exitCode).toBe(8);
    expect(stdout).toMatch(/^state +running$/m);
    expect(stderr).toMatch(/follow +cloudlink operation \S+ --wait$/m);
  });

  const outage = (settings: { readonly afterMs?: number; readonly effect?: "none" | "done" } = {}) =>
    new CloudLinkError({
      ...{ reason: "ErrVendorUnavailable", message: "The vendor has a fault.", origin: "vendor" },
      retry: { retryable: false, ...(settings.afterMs !== undefined && { afterMs: settings.afterMs }) },
      ...(settings.effect !== undefined && { effect: settings.effect }),
    });

  test("goes on after what may pass, no sooner than the vendor says, and tells of it with --verbose", async () => {
    const clock = createWatchedClock();
    const { cloud } = counting(() => running());
    const turns = [outage(), outage({ afterMs: 7_000 }), { state: "done" } as const];
    const followed = {
      ...cloud,
      onFollow() {
        const turn = turns.shift() ?? outage();
        if (CloudLinkError.isInstance(turn)) throw turn;
        return turn;
      },
    };
    const argv = ["stop", refOf("i-1"), "--yes", "--wait", "--verbose"];
    const run = runInProcess(argv, { cloud: followed, clock });
    for (const delayMs of [2_000, 2_000, 7_000]) await clock.pass(delayMs);
    const { exitCode, stdout, stderr } = await run;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^state +done$/m);
    expect(stderr.match(/^↻ .*i-1 asked again, after unavailable .*The vendor has a fault\.$/gm)).toHaveLength(2);
  });

  test("ends by what does not pass: after five minutes of it, and at once where the action itself failed so", async () => {
    const clock = createWatchedClock();
    const { cloud } = counting(() => running(60_000));
    const failing = { ...cloud, onFollow: () => Promise.reject(outage()) };
    const run = runInProcess(["stop", refOf("i-1"), "--yes", "--wait"], { cloud: failing, clock });
    for (let question = 0; question <= 5; question++) await clock.pass(60_000);
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(7);
    expect(stderr).toContain("IT WAS DONE");
    const refused = { ...cloud, onFollow: () => Promise.reject(outage({ effect: "none" })) };
    const second = runInProcess(["stop", refOf("i-1"), "--yes", "--wait"], { cloud: refused, clock });
    await clock.pass(60_000);
    expect(await second).toMatchObject({ exitCode: 7, stderr: expect.stringContaining("NOTHING WAS DONE") });
  });

  test("does not let one question that hangs take all of its time", async () => {
    const clock = createWatchedClock();
    const { cloud } = counting(() => running());
    const begun = Promise.withResolvers<void>();
    let questions = 0;
    const hanging = {
      ...cloud,
      onFollow(): ActionState | Promise<ActionState> {
        questions += 1;
        begun.resolve();
        return questions === 1 ? Promise.withResolvers<ActionState>().promise : { state: "done" };
      },
    };
    const argv = ["stop", refOf("i-1"), "--yes", "--wait", "--timeout", "5m"];
    const run = runInProcess(argv, { cloud: hanging, clock });
    await clock.pass(2_000);
    await begun.promise;
    clock.advance(10_000);
    await clock.pass(2_000);
    expect(await run).toMatchObject({ exitCode: 0 });
  });

  test("asks by the newest token, and prints it", async () => {
    const clock = createWatchedClock();
    const { cloud } = counting(() => running(2_000, { token: "first" }));
    const tokens: string[] = [];
    const followed = {
      ...cloud,
      onFollow({ token }: FollowRequest): ActionState {
        tokens.push(token);
        return tokens.length < 3 ? running(2_000, { token: `${token}+` }) : { state: "done" };
      },
    };
    const run = runInProcess(["stop", refOf("i-1"), "--yes", "--wait"], { cloud: followed, clock });
    for (let question = 0; question < 3; question++) await clock.pass(2_000);
    expect(await run).toMatchObject({ exitCode: 0 });
    expect(tokens).toEqual(["first", "first+", "first++"]);
  });

  test.each(["SIGINT", "SIGTERM"])(
    "of several that %s ends exits by that, whatever had ended by then",
    async (signal) => {
      const interrupt = new AbortController();
      const { cloud } = counting(({ ref }) => (ref.id === "i-1" ? { state: "done" } : running()));
      const clock = createWatchedClock();
      const argv = ["stop", refOf("i-1"), refOf("i-2"), "--yes", "--wait", "-o", "name"];
      const run = runInProcess(argv, { cloud, clock, interrupt: interrupt.signal });
      await clock.waiting(2_000);
      interrupt.abort(signal);
      const { exitCode, stdout } = await run;
      expect(exitCode).toBe(signal === "SIGTERM" ? 143 : 130);
      expect(stdout).toBe(`${refOf("i-1")}\n${refOf("i-2")}\n`);
    },
  );

  test("tells of an action that failed while it was waited for", async () => {
    const clock = createWatchedClock();
    const gaveUp = new CloudLinkError({
      ...{ reason: "ErrActionFailed", message: "The vendor gave it up.", origin: "vendor", effect: "none" },
    });
    const { cloud } = counting(() => running());
    const failing = { ...cloud, onFollow: () => Promise.reject(gaveUp) };
    const run = runInProcess(["stop", refOf("i-1"), "--yes", "--wait"], { cloud: failing, clock });
    await clock.pass(2_000);
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(9);
    expect(stderr).toMatch(/The vendor gave it up\.\n {2}effect +NOTHING WAS DONE$/m);
  });
});

describe("operation", () => {
  const tokenKey = new Uint8Array(32).fill(7);

  test("follows from another process what has a token", async () => {
    const { cloud } = counting(() => running());
    const begun = await runInProcess(["stop", refOf("i-1"), "-y", "--fields", "token", "-o", "jsonl"], {
      cloud,
      tokenKey,
    });
    const { token } = JSON.parse(begun.stdout);
    const still = { ...cloud, onFollow: () => running(2_000, { progress: 0.75 }) };
    const once = await runInProcess(["operation", token, "--json"], { cloud: still, tokenKey });
    expect(once.exitCode).toBe(0);
    expect(JSON.parse(once.stdout)).toMatchObject({
      action: "stop",
      ref: refOf("i-1"),
      state: "running",
      progress: 0.75,
    });
    const done = await runInProcess(["operation", token, "--wait", "--json"], { cloud, tokenKey });
    expect(JSON.parse(done.stdout)).toMatchObject({ state: "done" });
  });

  test("of a token that was altered exits with 2", async () => {
    const { exitCode, stderr } = await runInProcess(["operation", "forged"], { cloud: { machines }, tokenKey });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("ErrInvalidOperationToken");
  });

  test("without a server or a token key says that its token cannot be known here", async () => {
    const { exitCode, stderr } = await runInProcess(["operation", "any"], { cloud: { machines } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--server");
    expect(stderr).toContain("tokenKey");
  });
});
