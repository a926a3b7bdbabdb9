import { DescribeInstancesCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { ec2Of, failureOf } from "./test-support.ts";

let sandbox: Sandbox;
let ec2: ReturnType<typeof ec2Of>;

beforeEach(async () => {
  sandbox = await createSandbox();
  ec2 = ec2Of(sandbox);
});
afterEach(async () => {
  ec2.destroy();
  await sandbox.close();
});

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const init =
    body === undefined
      ? {}
      : {
          headers: { "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body),
        };
  const response = await fetch(`${sandbox.endpoint}/_sandbox/${path}`, { method, ...init });
  return { status: response.status, json: await response.json() };
}

describe("the controls over HTTP", () => {
  it("count and clear the requests", async () => {
    await ec2.send(new DescribeInstancesCommand({}));
    expect(await control("GET", "requests?action=DescribeInstances&outcome=completed")).toMatchObject({
      status: 200,
      json: {
        count: 1,
        dropped: 0,
        requests: [{ action: "DescribeInstances", account: "111111111111", outcome: "completed" }],
      },
    });
    expect(await control("GET", "requests?action=Other")).toMatchObject({ json: { count: 0 } });
    await control("DELETE", "requests");
    expect(await control("GET", "requests?limit=0")).toMatchObject({ json: { count: 0, requests: [] } });
  });

  it("set, list and remove faults", async () => {
    const added = await control("POST", "faults", {
      action: "DescribeInstances",
      times: 1,
      fault: { kind: "throttle" },
    });
    expect(added).toMatchObject({ status: 200, json: { id: "fault-1", hits: 0 } });
    expect(await failureOf(ec2.send(new DescribeInstancesCommand({})))).toMatchObject({ code: "RequestLimitExceeded" });
    expect(await control("GET", "faults")).toMatchObject({ json: { faults: [{ id: "fault-1", hits: 1 }] } });
    expect(await control("DELETE", "faults/fault-1")).toMatchObject({ status: 200 });
    expect(await control("GET", "faults")).toMatchObject({ json: { faults: [] } });
  });

  it("release what a fault holds", async () => {
    await control("POST", "faults", { fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    const answer = ec2.send(new DescribeInstancesCommand({}));
    await arrived;
    await control("POST", "faults/fault-1/release");
    expect((await answer).Reservations?.length).toBeGreaterThan(0);
  });

  it("count the actions that were carried out, and lose the answer of one", async () => {
    const { id } = sandbox.instances.put({ state: "stopped" });
    const rule = {
      action: "StartInstances",
      instanceId: id,
      times: 1,
      fault: { kind: "answerLost", how: "cutAfterStatus" },
    };
    expect(await control("POST", "faults", rule)).toMatchObject({ status: 200, json: { rule } });
    await failureOf(ec2.send(new StartInstancesCommand({ InstanceIds: [id] })));
    await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect(await control("GET", `actions?action=StartInstances&instanceId=${id}`)).toMatchObject({
      status: 200,
      json: {
        count: 2,
        actions: [
          { sequence: 1, effective: true },
          { sequence: 2, effective: false },
        ],
      },
    });
    expect(await control("GET", "actions?effective=true&limit=0")).toMatchObject({ json: { count: 1, actions: [] } });
    for (const query of ["action=Stop", "effective=yes", "instance=i-1"]) {
      expect(await control("GET", `actions?${query}`)).toMatchObject({ status: 400 });
    }
    await control("DELETE", "actions");
    expect(await control("GET", "actions")).toMatchObject({ json: { count: 0 } });
  });

  it("take a fault that strikes after the action", async () => {
    const { id } = sandbox.instances.put({ state: "stopped" });
    await control("POST", "faults", { when: "after", times: 1, fault: { kind: "serverError" } });
    await failureOf(ec2.send(new StartInstancesCommand({ InstanceIds: [id] })));
    expect(await control("GET", "actions")).toMatchObject({ json: { count: 1 } });
  });

  it("tell the truth about the instances", async () => {
    const { json } = await control("GET", "instances?account=111111111111&region=us-east-1");
    expect(json).toMatchObject({
      instances: expect.arrayContaining([expect.objectContaining({ state: "terminated" })]),
    });
  });

  it.each<[string, unknown, string]>([
    ["faults", "{", "the body is no JSON"],
    ["faults", [], "the body is no object"],
    ["faults", { fault: {} }, "give one of throttle"],
    ["faults", { fault: { kind: "latency" } }, "latencyMs is missing"],
    ["faults", { fault: { kind: "latency", latencyMs: -1 } }, "give a whole number, 0 or more"],
    ["faults", { fault: { kind: "serverError", status: 502 } }, "give 500 or 503"],
    ["faults", { fault: { kind: "error", status: 200, code: "X" } }, "give status (400 to 599) and code"],
    ["faults", { times: 0, fault: { kind: "cut" } }, "give a whole number, 1 or more"],
    ["faults", { when: "during", fault: { kind: "cut" } }, "give one of before, after"],
    ["faults", { when: "before", fault: { kind: "answerLost" } }, "it strikes after"],
    ["faults", { fault: { kind: "answerLost", how: "cutLate" } }, "give one of cut, cutAfterStatus"],
    ["faults", { account: 1, fault: { kind: "cut" } }, "give a string"],
    ["faults", { acount: "1", fault: { kind: "cut" } }, "unknown field acount"],
    ["faults/nothing/release", {}, "no fault nothing in force"],
  ])("refuse %s %j and say what to do", async (path, body, message) => {
    const { status, json } = await control("POST", path, body);
    expect({ status, json }).toEqual({ status: 400, json: { error: expect.stringContaining(message) } });
  });

  it("refuse unknown queries, what is not JSON, and unknown paths", async () => {
    expect(await control("GET", "requests?actoin=X")).toMatchObject({ status: 400 });
    expect(await control("GET", "requests?outcome=lost")).toMatchObject({ status: 400 });
    const plain = await fetch(`${sandbox.endpoint}/_sandbox/faults`, {
      method: "POST",
      body: '{"fault":{"kind":"cut"}}',
    });
    expect(plain.status).toBe(400);
    expect(await control("GET", "nothing")).toMatchObject({ status: 404 });
    expect(sandbox.faults.list()).toEqual([]);
  });
});
