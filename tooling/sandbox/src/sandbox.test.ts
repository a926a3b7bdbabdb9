import { DescribeInstancesCommand, DescribeVolumesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { createSandbox } from "./sandbox.ts";
import { createManualClock, ec2Of, failureOf, signedHeaders } from "./test-support.ts";

describe("createSandbox", () => {
  it("peoples three accounts and two regions alike from one seed, and differently from another", async () => {
    const clock = createManualClock();
    await using one = await createSandbox({ clock, seed: "a" });
    await using same = await createSandbox({ clock, seed: "a" });
    await using other = await createSandbox({ clock, seed: "b" });
    expect(one.instances.size).toBe(126);
    expect(same.instances.list()).toEqual(one.instances.list());
    expect(other.instances.get(one.instances.list()[0]?.id ?? "")).toBeUndefined();
    const places = new Set(one.instances.list().map(({ account, region }) => `${account}/${region}`));
    expect(places.size).toBe(6);
    const states = new Set(one.instances.list().map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(["running", "stopped", "terminated"]));
  });

  it("lives on the real clock when given none", async () => {
    await using sandbox = await createSandbox();
    expect(sandbox.instances.list().length).toBe(126);
  });

  it.each([2_005, 2_026, 2_040])(
    "has instances that were started at most two years before the clock: in %d",
    async (year) => {
      const nowMs = Date.UTC(year, 5, 15);
      await using sandbox = await createSandbox({ clock: { now: () => nowMs } });
      for (const { startedAtMs } of sandbox.instances.list()) {
        expect(startedAtMs).toBeLessThanOrEqual(nowMs);
        expect(startedAtMs).toBeGreaterThan(Date.UTC(year - 2, 5, 15));
      }
    },
  );

  it("holds ten thousand instances of a fleet, each with its own id", async () => {
    await using sandbox = await createSandbox({
      fleet: { account: "111111111111", region: "us-east-1", count: 10_000 },
    });
    expect(sandbox.instances.size).toBe(10_000);
    const ec2 = ec2Of(sandbox);
    const { Reservations = [], NextToken } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
    ec2.destroy();
    expect(Reservations.flatMap(({ Instances = [] }) => Instances).length).toBe(1000);
    expect(NextToken).toBeDefined();
  });

  it("shows a state that a test sets, from then on", async () => {
    const clock = createManualClock();
    await using sandbox = await createSandbox({
      clock,
      instances: [{ id: "i-0000000a", state: "running", extraXml: "<futureThing><x>1</x></futureThing>" }],
    });
    const ec2 = ec2Of(sandbox);
    const stateOf = async () =>
      (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances?.[0]?.State?.Name;
    expect(await stateOf()).toBe("running");
    clock.advance(1000);
    sandbox.instances.setState("i-0000000a", "shutting-down");
    expect(await stateOf()).toBe("shutting-down");
    ec2.destroy();
    expect(sandbox.instances.remove("i-0000000a")).toBe(true);
    expect(() => sandbox.instances.setState("i-0000000a", "running")).toThrow("put() it first");
  });

  it("says what is wrong with settings that cannot be used", async () => {
    await expect(createSandbox({ instances: [{ id: "vm-1" }] })).rejects.toThrow(
      'give "i-" and 8 or 17 hexadecimal digits',
    );
    await using sandbox = await createSandbox();
    await expect(createSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(() => sandbox.credentialsOf("999999999999")).toThrow("has no access key");
  });

  it("answers actions it does not have, DryRun and no action with EC2's codes", async () => {
    await using sandbox = await createSandbox();
    const ec2 = ec2Of(sandbox);
    expect(await failureOf(ec2.send(new DescribeVolumesCommand({})))).toMatchObject({
      code: "InvalidAction",
      status: 400,
    });
    expect(await failureOf(ec2.send(new DescribeInstancesCommand({ DryRun: true })))).toMatchObject({
      code: "DryRunOperation",
      status: 412,
    });
    ec2.destroy();
    const headers = signedHeaders(sandbox, { credentials: sandbox.credentialsOf("111111111111") });
    const response = await fetch(sandbox.endpoint, { method: "POST", headers });
    expect(await response.text()).toContain("<Code>MissingAction</Code>");
  });

  it("speaks GET as well as POST, and names its request id in body and header alike", async () => {
    await using sandbox = await createSandbox();
    const target = "/?Action=DescribeInstances&MaxResults=5";
    const credentials = sandbox.credentialsOf("111111111111");
    const response = await fetch(`${sandbox.endpoint}${target}`, {
      headers: signedHeaders(sandbox, { credentials, method: "GET", target }),
    });
    const body = await response.text();
    expect(body).toContain(`<requestId>${response.headers.get("x-amzn-requestid")}</requestId>`);
    expect(body).toContain('<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">');
  });

  it("can be closed twice", async () => {
    const sandbox = await createSandbox();
    await sandbox.close();
    await sandbox.close();
  });
});
