import { type ActionRequest, type ActionState, CloudLinkError, type ProviderCall } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { counting, failure, machines, running } from "./counting-cloud.ts";
import { ACCOUNT, refOf } from "./fake-provider.ts";
import { capture, runInProcess } from "./in-process.ts";
import { createWatchedClock } from "./watched-clock.ts";

describe("an action", () => {
  test.each(["start", "stop", "reboot"])("%s is carried out on the resource of the ref", async (action) => {
    const { asked, cloud } = counting();
    const { exitCode, stdout, stderr } = await runInProcess([action, refOf("i-1"), "--yes", "--json"], { cloud });
    expect({ exitCode, stderr, asked }).toEqual({ exitCode: 0, stderr: "", asked: [`${action} i-1`] });
    expect(JSON.parse(stdout)).toEqual({
      ref: refOf("i-1"),
      kind: "compute.VirtualMachine",
      action,
      state: "done",
      replayed: false,
      idempotencyKey: expect.any(String),
      token: expect.any(String),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      stats: { vendorCalls: 1, savedCalls: 0, retries: 0, durationMs: expect.any(Number) },
    });
  });

  test("that a kind has under any name is there by act, with the vendor's own id", async () => {
    const { asked, cloud } = counting();
    const argv = ["act", "reboot", `fake:${ACCOUNT}:eu-west-1:i-2`, "--yes"];
    expect((await runInProcess(argv, { cloud })).exitCode).toBe(0);
    expect(asked).toEqual(["reboot i-2"]);
  });

  test("that goes on is shown as running, with the token that names it", async () => {
    const { cloud } = counting(() => running(2_000, { progress: 0.25 }));
    const { exitCode, stdout } = await runInProcess(["stop", refOf("i-1"), "-y", "-o", "yaml"], { cloud });
    expect(exitCode).toBe(0);
    expect(parseYaml(stdout)).toMatchObject({
      state: "running",
      progress: 0.25,
      token: expect.stringMatching(/.{20}/),
    });
  });

  test.each([
    ["table", /^state +done$/m],
    ["csv", /,stop,done,false,,[^,]+,[^,]+\n$/],
    ["name", new RegExp(`^${refOf("i-1")}\n$`)],
    ["jsonl", /^\{.*"state":"done".*\}\n$/],
  ])("is printed by -o %s", async (form, shown) => {
    const { cloud } = counting();
    expect((await runInProcess(["stop", refOf("i-1"), "-y", "-o", form], { cloud })).stdout).toMatch(shown);
  });

  test("has fields that --fields names, those of the ref among them", async () => {
    const { cloud } = counting();
    const argv = ["stop", refOf("i-1"), "-y", "--fields", "ref.account,nativeId,state", "-o", "jsonl"];
    const { stdout } = await runInProcess(argv, { cloud });
    const nativeId = `fake:${ACCOUNT}:eu-west-1:i-1`;
    expect(JSON.parse(stdout)).toEqual({ "ref.account": ACCOUNT, nativeId, state: "done" });
  });

  test("that the kind does not have is refused before anything is called, with those there are", async () => {
    const { asked, cloud } = counting();
    const { exitCode, stderr } = await runInProcess(["act", "explode", refOf("i-1"), "-y"], { cloud });
    expect({ exitCode, asked }).toEqual({ exitCode: 2, asked: [] });
    expect(stderr).toContain("start, stop, reboot");
  });

  test("on several refs is carried out on each, once, however often it is named, and each has an outcome of its own", async () => {
    const { asked, cloud } = counting(({ ref }) => {
      if (ref.id === "i-2") throw failure("none", ref.id);
      return { state: "done" };
    });
    const refs = [refOf("i-1"), refOf("i-2"), refOf("i-3"), refOf("i-1")];
    const text = await runInProcess(["stop", ...refs, "--yes"], { cloud });
    expect([...asked].sort()).toEqual(["stop i-1", "stop i-2", "stop i-3"]);
    expect(text.exitCode).toBe(10);
    expect(text.stdout).toMatch(/i-1 +stop +done[\s\S]*i-3 +stop +done/);
    expect(text.stderr).toMatch(
      /^problem: .*i-2: failed_precondition \(ErrInvalidState\): Not now i-2\. \(nothing was done\)$/m,
    );
    expect(text.stderr).toMatch(/^2 rows, 1 problem, /m);
    const json = JSON.parse((await runInProcess(["stop", ...refs, "--yes", "--json"], { cloud })).stdout);
    expect(json.items).toHaveLength(2);
    expect(json.problems).toMatchObject([{ ref: refOf("i-2"), error: { effect: "none" } }]);
  });

  test("that fails on all refs exits with the first one's code", async () => {
    const { cloud } = counting(() => {
      throw failure("none");
    });
    expect((await runInProcess(["stop", refOf("i-1"), refOf("i-2"), "-y"], { cloud })).exitCode).toBe(9);
  });

  test.each([
    ["none", /^ {2}effect +NOTHING WAS DONE$/m, /cloudlink wait/],
    ["unknown", /^ {2}effect +IT IS NOT KNOWN WHETHER IT WAS DONE$/m, /before you repeat it/],
    ["done", /^ {2}effect +IT WAS DONE/m, /Do not repeat it/],
  ] as const)("that failed says first whether anything was done: %s", async (effect, shown, hint) => {
    const { cloud } = counting(() => {
      throw failure(effect);
    });
    const { exitCode, stdout, stderr } = await runInProcess(["reboot", refOf("i-1"), "-y"], { cloud });
    expect({ exitCode, stdout }).toEqual({ exitCode: 9, stdout: "" });
    expect(stderr).toMatch(shown);
    expect(stderr.split("\n")[1]).toMatch(shown);
    expect(stderr).toMatch(hint);
    const json = await runInProcess(["reboot", refOf("i-1"), "-y", "--json"], { cloud });
    expect(JSON.parse(json.stderr).error.effect).toBe(effect);
  });

  test("of a ref that is none says that nothing was done", async () => {
    const { exitCode, stderr } = await runInProcess(["stop", "nonsense", "-y"], { cloud: { machines } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("ErrInvalidRef");
    expect(stderr).toContain("NOTHING WAS DONE");
  });

  test("is handed the key of the command line", async () => {
    const keys: string[] = [];
    const { cloud } = counting(({ idempotencyKey }) => {
      keys.push(idempotencyKey);
      return { state: "done" };
    });
    const argv = ["stop", refOf("i-1"), "-y", "--idempotency-key", "wish-1", "--json"];
    expect(JSON.parse((await runInProcess(argv, { cloud })).stdout).idempotencyKey).toBe("wish-1");
    expect(keys).toEqual(["wish-1"]);
  });

  test.each([
    [["--idempotency-key", "k", refOf("i-2")], "--idempotency-key"],
    [["--dry-run", "--wait"], "--wait"],
    [["--dry-run", "--idempotency-key", "k"], "key"],
    [["--fields", "nmae"], "nmae"],
  ])("with %j is refused before anything is called", async (more, hint) => {
    const { asked, cloud } = counting();
    const { exitCode, stderr } = await runInProcess(["stop", refOf("i-1"), "--yes", ...more], { cloud });
    expect({ exitCode, asked }).toEqual({ exitCode: 2, asked: [] });
    expect(stderr).toContain(hint);
  });
});

describe("confirmation", () => {
  const terminal = () => capture({ columns: 100 });

  test("without a terminal and without --yes is not given: exit code 2, and nothing is called", async () => {
    const { asked, cloud } = counting();
    let called = 0;
    const counted = { ...cloud, onCall: () => void called++ };
    for (const stderr of [capture(), terminal()]) {
      const { exitCode, stderr: text } = await runInProcess(["stop", refOf("i-1")], { cloud: counted, stderr });
      expect({ exitCode, asked, called }).toEqual({ exitCode: 2, asked: [], called: 0 });
      expect(text).toContain("--yes");
    }
    // What is asked goes to stderr: where that is no terminal, nobody sees it.
    const unseen = await runInProcess(["stop", refOf("i-1")], { cloud: counted, typed: "y\n" });
    expect({ exitCode: unseen.exitCode, asked }).toEqual({ exitCode: 2, asked: [] });
  });

  test("shows action, account, region and id of every resource, and as whom", async () => {
    const { asked, cloud } = counting();
    const stderr = terminal();
    const argv = ["stop", refOf("i-1", "prod"), refOf("i-2", "prod"), "--profile", "prod"];
    const { exitCode } = await runInProcess(argv, { cloud: { ...cloud, account: "prod" }, stderr, typed: "y\n" });
    expect(exitCode).toBe(0);
    expect(stderr.text()).toContain("About to stop these 2, with the profile prod:\n");
    expect(stderr.text()).toMatch(/^ {2}compute\.VirtualMachine i-1 {2}account prod {2}eu-west-1 {2}\(fake\)$/m);
    expect(stderr.text()).toMatch(/^ {2}compute\.VirtualMachine i-2 /m);
    expect(asked).toHaveLength(2);
  });

  test.each(["y\n", "Y\n", "yes\n", " yes \r\n"])("is given by %j", async (typed) => {
    const { asked, cloud } = counting();
    const { exitCode } = await runInProcess(["stop", refOf("i-1")], { cloud, stderr: terminal(), typed });
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: ["stop i-1"] });
  });

  test.each(["n\n", "\n", "yess\n", "", "no y\n"])("is not given by %j: nothing was done", async (typed) => {
    const { asked, cloud } = counting();
    const stderr = terminal();
    const { exitCode, stdout } = await runInProcess(["stop", refOf("i-1")], { cloud, stderr, typed });
    expect({ exitCode, stdout, asked }).toEqual({ exitCode: 130, stdout: "", asked: [] });
    expect(stderr.text()).toMatch(/NOTHING WAS DONE/);
  });

  test.each(["y\n", "y\ny\n", "y"])("is not given by %j that was typed before it was asked for", async (typedAhead) => {
    const { asked, cloud } = counting();
    for (const typed of ["\n", ""]) {
      const run = { cloud, stderr: terminal(), typedAhead, typed };
      expect(await runInProcess(["stop", refOf("i-1")], run)).toMatchObject({ exitCode: 130 });
    }
    expect(asked).toEqual([]);
    const run = { cloud, stderr: terminal(), typedAhead: `n\n${typedAhead}`, typed: "y\n" };
    expect(await runInProcess(["stop", refOf("i-1")], run)).toMatchObject({ exitCode: 0 });
  });

  test("may take as long as it takes: --timeout is for what comes of it", async () => {
    const clock = createWatchedClock();
    const left: number[] = [];
    const cloud = {
      machines,
      onAct(_request: ActionRequest, { ctx }: ProviderCall): ActionState {
        left.push(ctx.remainingMs());
        return { state: "done" };
      },
    };
    const stderr = capture({
      columns: 100,
      onWrite: (text) => {
        if (text.includes("[y/N]")) clock.advance(60_000);
      },
    });
    const argv = ["stop", refOf("i-1"), "--timeout", "2s"];
    expect(await runInProcess(argv, { cloud, clock, stderr, typed: "y\n" })).toMatchObject({ exitCode: 0 });
    expect(left).toEqual([2_000]);
  });

  test("is not given by Ctrl-C", async () => {
    const { asked, cloud } = counting();
    const interrupt = new AbortController();
    const stderr = capture({
      columns: 100,
      onWrite: (text) => {
        if (text.includes("[y/N]")) interrupt.abort();
      },
    });
    const run = { cloud, stderr, typed: null, interrupt: interrupt.signal };
    const { exitCode } = await runInProcess(["stop", refOf("i-1")], run);
    expect({ exitCode, asked }).toEqual({ exitCode: 130, asked: [] });
  });

  test("shows what an id would do to the terminal as text", async () => {
    const stderr = terminal();
    const ref = refOf("i-1").replace(/i-1$/, "i%E2%80%AE");
    await runInProcess(["stop", ref], { cloud: { machines }, stderr, typed: "n\n" });
    expect(stderr.text()).toContain("VirtualMachine i\\u202e ");
  });
});

describe("--dry-run", () => {
  test("shows what would be called, as whom, and that it is allowed, asks nobody and does nothing", async () => {
    const { asked, cloud } = counting();
    const { exitCode, stdout } = await runInProcess(["stop", refOf("i-1"), "--dry-run", "--json"], { cloud });
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: ["try stop i-1"] });
    expect(JSON.parse(stdout)).toMatchObject({
      ref: refOf("i-1"),
      action: "stop",
      allowed: true,
      principal: "somebody",
      operations: ["fake:Act"],
    });
    const text = await runInProcess(["stop", refOf("i-1"), "--dry-run"], { cloud });
    expect(text.stdout).toMatch(/^allowed +true$/m);
    expect(text.stdout).toMatch(/^principal +somebody$/m);
    expect(text.stdout).toMatch(/^operations +fake:Act$/m);
  });

  test("of what is denied prints why, and exits with the denial's code", async () => {
    const denial = new CloudLinkError({ reason: "ErrPermissionDenied", message: "Not you.", origin: "vendor" });
    const { cloud } = counting(({ ref }) => {
      if (ref.id !== "i-3") throw denial;
      return { state: "allowed" };
    });
    const one = await runInProcess(["stop", refOf("i-1"), "--dry-run", "--json"], { cloud });
    expect(one.exitCode).toBe(5);
    expect(JSON.parse(one.stdout)).toMatchObject({ allowed: false, denial: { message: "Not you." } });
    expect(one.stderr).toBe("");
    const several = await runInProcess(["stop", refOf("i-1"), refOf("i-3"), "--dry-run"], { cloud });
    expect(several.exitCode).toBe(10);
    expect(several.stdout).toMatch(/i-1 +stop +false +somebody +fake:Act +Not you\./);
    const all = await runInProcess(["stop", refOf("i-1"), refOf("i-2"), "--dry-run"], { cloud });
    expect(all.exitCode).toBe(5);
  });
});
