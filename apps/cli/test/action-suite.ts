import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ACCOUNT,
  beforeEnd,
  REGION,
  runCommand,
  type ShellHarness,
  type StartHarness,
  startCommand,
} from "./harness.ts";

const MACHINE = "i-0000000000000000a";
const SECOND = "i-0000000000000000b";

/** What the shell's actions promise over any way to a vendor, as the vendor's side sees it. */
export function describeActions(name: string, start: StartHarness): void {
  describe(name, () => {
    let harness: ShellHarness;
    beforeAll(async () => {
      harness = await start({ instances: [], transitions: { pendingMs: 0, stoppingMs: 0 } });
    });
    beforeEach(() => {
      const { sandbox } = harness;
      sandbox.faults.clear();
      sandbox.actions.clear();
      sandbox.requests.clear();
      for (const id of [MACHINE, SECOND]) {
        sandbox.instances.put({ id, account: ACCOUNT, region: REGION, state: "running", tags: { Name: id } });
      }
    });
    afterAll(() => harness[Symbol.asyncDispose]());
    const arn = (id: string) => `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;

    test("stop is carried out once, and wait sees it come about; so is start, to the end with --wait", async () => {
      const { actions } = harness.sandbox;
      const stop = await runCommand(harness, ["stop", arn(MACHINE), "--yes", "--json"]);
      expect(stop).toMatchObject({ exitCode: 0, stderr: "" });
      expect(JSON.parse(stop.stdout)).toMatchObject({
        ref: `aws/aws/${ACCOUNT}/${REGION}/compute.VirtualMachine/${MACHINE}`,
        action: "stop",
        replayed: false,
        token: expect.any(String),
      });
      const wait = await runCommand(harness, ["wait", "--for", "powerState=stopped", arn(MACHINE), "--json"]);
      expect(wait.exitCode).toBe(0);
      expect(JSON.parse(wait.stdout).value.powerState).toBe("stopped");
      const started = await runCommand(harness, ["start", arn(MACHINE), "--yes", "--wait", "--json"]);
      expect(started).toMatchObject({ exitCode: 0, stderr: "" });
      expect(JSON.parse(started.stdout)).toMatchObject({ action: "start", state: "done" });
      expect(actions.list().map(({ action, instanceId }) => [action, instanceId])).toEqual([
        ["StopInstances", MACHINE],
        ["StartInstances", MACHINE],
      ]);
    });

    test("without a terminal and without --yes nothing is asked of the vendor: exit code 2", async () => {
      const { exitCode, stderr } = await runCommand(harness, ["stop", arn(MACHINE)]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("--yes");
      expect(harness.sandbox.requests.count()).toBe(0);
    });

    test("--dry-run says what would be called, as whom, and whether that is allowed; nothing is done", async () => {
      const argv = ["stop", arn(MACHINE), "--dry-run", "--json"];
      const { exitCode, stdout } = await runCommand(harness, argv);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        allowed: true,
        operations: ["ec2:StopInstances"],
        principal: expect.stringContaining(`arn:aws:iam::${ACCOUNT}:`),
      });
      const denied = await runCommand(harness.as("denied"), argv);
      expect(denied.exitCode).toBe(5);
      expect(harness.sandbox.actions.count()).toBe(0);
    });

    test("on several each has an outcome of its own", async () => {
      const refs = [arn(MACHINE), arn("i-0000000000000dead"), arn(SECOND)];
      const { exitCode, stdout, stderr } = await runCommand(harness, ["reboot", ...refs, "-y", "-o", "name"]);
      expect(exitCode).toBe(10);
      expect(stdout.trim().split("\n")).toHaveLength(2);
      expect(stderr).toMatch(/^problem: .*dead: not_found .*\(nothing was done\)$/m);
      expect(harness.sandbox.actions.count({ action: "RebootInstances" })).toBe(2);
    });

    test("of a denied identity say that nothing was done: exit code 5", async () => {
      const { exitCode, stderr } = await runCommand(harness.as("denied"), ["stop", arn(MACHINE), "--yes"]);
      expect(exitCode).toBe(5);
      expect(stderr).toMatch(/^ {2}effect +NOTHING WAS DONE$/m);
      expect(harness.sandbox.actions.count()).toBe(0);
    });

    test("a reboot whose answer is lost is not repeated, and it is said that nobody knows", async () => {
      harness.sandbox.faults.add({ action: "RebootInstances", fault: { kind: "answerLost" } });
      const { exitCode, stderr } = await runCommand(harness, ["reboot", arn(MACHINE), "--yes"]);
      expect(exitCode).toBe(7);
      expect(stderr).toMatch(/^ {2}effect +IT IS NOT KNOWN WHETHER IT WAS DONE$/m);
      expect(harness.sandbox.actions.count({ action: "RebootInstances" })).toBe(1);
    });

    test("Ctrl-C while it is waited for leaves the action alone, and says so", async () => {
      const { finished, child } = startCommand(harness, ["stop", arn(MACHINE), "--yes", "--wait", "--json"]);
      await beforeEnd(finished, harness.sandbox.nextRequest({ action: "StopInstances" }));
      harness.sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "hang" } });
      const asked = await beforeEnd(finished, harness.sandbox.nextRequest({ action: "DescribeInstances" }));
      child.kill("SIGINT");
      expect((await asked.finished).outcome).toBe("aborted");
      const { exitCode, stdout, stderr } = await finished;
      expect(exitCode).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({ state: "running", token: expect.any(String) });
      const { error } = JSON.parse(stderr);
      expect(error).toMatchObject({ effect: "done", details: { follow: expect.stringMatching(/^cloudlink /) } });
      expect(error.message).toContain("goes on");
      expect(harness.sandbox.actions.count({ action: "StopInstances", effective: true })).toBe(1);
    });
  });
}
