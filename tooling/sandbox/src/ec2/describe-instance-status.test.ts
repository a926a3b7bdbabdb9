import {
  DescribeInstanceStatusCommand,
  type DescribeInstanceStatusCommandInput,
  paginateDescribeInstanceStatus,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { createManualClock, ec2Of, failureOf, type ManualClock } from "../test-support.ts";

let clock: ManualClock;
let sandbox: Sandbox;

beforeEach(async () => {
  clock = createManualClock();
  sandbox = await createSandbox({ clock });
});
afterEach(() => sandbox.close());

async function statuses(input: DescribeInstanceStatusCommandInput) {
  const ec2 = ec2Of(sandbox);
  const { InstanceStatuses = [] } = await ec2.send(new DescribeInstanceStatusCommand(input));
  ec2.destroy();
  return InstanceStatuses;
}

async function refused(input: DescribeInstanceStatusCommandInput) {
  const ec2 = ec2Of(sandbox);
  const failure = await failureOf(ec2.send(new DescribeInstanceStatusCommand(input)));
  ec2.destroy();
  return failure;
}

const here = { account: "111111111111", region: "us-east-1" } as const;

describe("DescribeInstanceStatus", () => {
  it("shows running instances only, unless asked for all", async () => {
    const running = sandbox.instances.list({ ...here, state: "running" }).map(({ id }) => id);
    expect((await statuses({})).map(({ InstanceId }) => InstanceId).sort()).toEqual(running.sort());
    const all = await statuses({ IncludeAllInstances: true });
    expect(all.length).toBe(sandbox.instances.list(here).length);
    const stopped = all.find(({ InstanceState }) => InstanceState?.Name === "stopped");
    expect(stopped?.InstanceStatus).toEqual({ Status: "not-applicable" });
  });

  it("says initializing after a start, then what the check says", async () => {
    const id = "i-00000000000000001";
    const startMs = clock.now();
    const lifecycle = { kind: "scripted", steps: [{ fromMs: startMs, state: "running" }] } as const;
    sandbox.instances.put({ ...here, id, lifecycle, statusCheck: "impaired" });
    const checkOf = async () => (await statuses({ InstanceIds: [id] }))[0]?.InstanceStatus;
    expect(await checkOf()).toMatchObject({ Status: "initializing" });
    clock.advance(120_000);
    expect(await checkOf()).toMatchObject({
      Status: "impaired",
      Details: [{ Name: "reachability", Status: "failed" }],
    });
  });

  it("refuses more than 100 ids, tag filters and unknown ids with EC2's codes", async () => {
    const many = Array.from({ length: 101 }, (_, n) => `i-0000000000000${String(n).padStart(4, "0")}`);
    expect(await refused({ InstanceIds: many })).toMatchObject({ code: "InvalidRequest", status: 400 });
    expect(await refused({ InstanceIds: many.slice(1) })).toMatchObject({ code: "InvalidInstanceID.NotFound" });
    expect(await refused({ Filters: [{ Name: "tag:Name", Values: ["x"] }] })).toEqual({
      code: "InvalidParameterValue",
      status: 400,
      message: "The filter 'tag:Name' is invalid",
    });
  });

  it("walks pages to every instance once, with tokens of its own", async () => {
    const client = ec2Of(sandbox);
    const seen: (string | undefined)[] = [];
    for await (const page of paginateDescribeInstanceStatus({ client, pageSize: 6 }, { IncludeAllInstances: true })) {
      expect(page.InstanceStatuses?.length).toBeLessThanOrEqual(6);
      seen.push(...(page.InstanceStatuses ?? []).map(({ InstanceId }) => InstanceId));
    }
    client.destroy();
    expect(seen.sort()).toEqual(
      sandbox.instances
        .list(here)
        .map(({ id }) => id)
        .sort(),
    );
    const [first] = await statuses({ MaxResults: 5, IncludeAllInstances: true });
    expect(first).toBeDefined();
  });

  it("filters by state and by check", async () => {
    const impaired = await statuses({ Filters: [{ Name: "instance-status.status", Values: ["impaired"] }] });
    expect(impaired.every(({ InstanceStatus }) => InstanceStatus?.Status === "impaired")).toBe(true);
    const stopped = await statuses({
      IncludeAllInstances: true,
      Filters: [{ Name: "instance-state-name", Values: ["stopped"] }],
    });
    expect(stopped.length).toBe(sandbox.instances.list({ ...here, state: "stopped" }).length);
  });
});
