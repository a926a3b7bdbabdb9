import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeActions } from "./action-suite.ts";
import { ACCOUNT, REGION, runCommand, type ShellHarness } from "./harness.ts";
import { startServerHarness } from "./server-harness.ts";
import { describeShell } from "./shell-suite.ts";

describeShell("the shell through a server, on the sandbox", startServerHarness);
describeActions("actions of the shell through a server, on the sandbox", startServerHarness);

describe("what only a server can do for commands of their own processes", () => {
  const id = "i-0000000000000000a";
  const arn = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;
  let harness: ShellHarness;
  beforeAll(async () => {
    harness = await startServerHarness({ instances: [], transitions: { pendingMs: 0, stoppingMs: 0 } });
  });
  beforeEach(() => {
    harness.sandbox.actions.clear();
    harness.sandbox.instances.put({ id, account: ACCOUNT, region: REGION, state: "running" });
  });
  afterAll(() => harness[Symbol.asyncDispose]());

  test("an operation is followed by its token", async () => {
    const { stdout } = await runCommand(harness, ["stop", arn, "--yes", "--json"]);
    const { token } = JSON.parse(stdout);
    const followed = await runCommand(harness, ["operation", token, "--wait", "--json"]);
    expect(followed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(followed.stdout)).toMatchObject({ action: "stop", state: "done" });
    const forged = await runCommand(harness, ["operation", `${token}x`]);
    expect(forged.exitCode).toBe(2);
    expect(forged.stderr).toContain("ErrInvalidOperationToken");
  });

  test("a wish that is sent twice under one key is carried out once, and no other wish has that key", async () => {
    const reboot = ["reboot", arn, "--yes", "--json", "--idempotency-key", "wish-1"];
    expect(JSON.parse((await runCommand(harness, reboot)).stdout).replayed).toBe(false);
    expect(JSON.parse((await runCommand(harness, reboot)).stdout).replayed).toBe(true);
    expect(harness.sandbox.actions.count()).toBe(1);
    const other = await runCommand(harness, ["stop", arn, "--yes", "--idempotency-key", "wish-1"]);
    expect(other.exitCode).toBe(9);
    expect(other.stderr).toContain("ErrIdempotencyKeyReused");
  });

  test("what is not known to be done comes with a command that repeats it without doing it twice", async () => {
    harness.sandbox.faults.add({ action: "RebootInstances", fault: { kind: "answerLost" } });
    const { stderr } = await runCommand(harness, ["reboot", arn, "--yes", "--json"]);
    harness.sandbox.faults.clear();
    const { effect, details } = JSON.parse(stderr).error;
    expect(effect).toBe("unknown");
    const [cloudlink, ...words] = details.repeat.split(" ");
    expect(cloudlink).toBe("cloudlink");
    await runCommand({ args: ["--yes"], env: harness.env }, words);
    expect(harness.sandbox.actions.count()).toBe(1);
  });

  test("kinds, describe and providers are the server's, and so is CLOUDLINK_SERVER", async () => {
    const env = { ...harness.env, CLOUDLINK_SERVER: harness.args[1] ?? "" };
    const way = { args: [], env };
    expect((await runCommand(way, ["kinds", "-o", "name"])).stdout).toBe("compute.VirtualMachine\n");
    expect((await runCommand(way, ["providers", "-o", "name"])).stdout).toBe("aws\n");
    const { stdout } = await runCommand(way, ["describe", "virtualmachine", "--json"]);
    expect(JSON.parse(stdout).fields.map(({ path }: { path: string }) => path)).toContain("powerState");
    expect((await runCommand(way, ["get", arn, "-o", "name"])).exitCode).toBe(0);
  });

  test("a server that is not there is exit code 7, of an action with nothing done", async () => {
    // Port 1 of this machine: nothing listens there.
    const way = { args: ["--server", "http://127.0.0.1:1"], env: harness.env };
    expect((await runCommand(way, ["list"])).exitCode).toBe(7);
    const { exitCode, stderr } = await runCommand(way, ["stop", arn, "--yes"]);
    expect(exitCode).toBe(7);
    expect(stderr).toContain("NOTHING WAS DONE");
  });
});
