import { connect } from "node:net";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "./faults.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { ec2Of, failureOf, signedHeaders, stsOf } from "./test-support.ts";

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

const list = (abortSignal?: AbortSignal) =>
  ec2.send(new DescribeInstancesCommand({}), abortSignal === undefined ? {} : { abortSignal });

describe("faults", () => {
  it.each<[Fault, object]>([
    [{ kind: "throttle" }, { code: "RequestLimitExceeded", status: 503, message: "Request limit exceeded." }],
    [{ kind: "serverError" }, { code: "InternalError", status: 500 }],
    [
      { kind: "serverError", status: 503 },
      { code: "Unavailable", status: 503 },
    ],
    [
      { kind: "error", status: 400, code: "OptInRequired", message: "not subscribed" },
      { code: "OptInRequired", status: 400, message: "not subscribed" },
    ],
    [{ kind: "brokenXml" }, { status: 200 }],
    [{ kind: "truncated" }, { status: 200 }],
    [{ kind: "cut" }, { message: expect.stringContaining("aborted") }],
  ])("%j makes the SDK's call fail, once", async (fault, expected) => {
    const handle = sandbox.faults.add({ times: 1, fault });
    expect(await failureOf(list())).toMatchObject(expected);
    expect((await list()).Reservations?.length).toBeGreaterThan(0);
    expect(handle.hits).toBe(1);
  });

  it("throttle says Throttling at STS", async () => {
    sandbox.faults.add({ fault: { kind: "throttle", retryAfterSeconds: 3 } });
    const sts = stsOf(sandbox);
    expect(await failureOf(sts.send(new GetCallerIdentityCommand({})))).toMatchObject({
      code: "Throttling",
      status: 400,
    });
    sts.destroy();
  });

  it("meet only the account, region and action they name, until removed", async () => {
    const handle = sandbox.faults.add({
      account: "222222222222",
      region: "eu-west-1",
      action: "DescribeInstances",
      fault: { kind: "throttle" },
    });
    await list();
    const met = ec2Of(sandbox, { account: "222222222222", region: "eu-west-1" });
    expect(await failureOf(met.send(new DescribeInstancesCommand({})))).toMatchObject({ code: "RequestLimitExceeded" });
    handle.remove();
    await met.send(new DescribeInstancesCommand({}));
    met.destroy();
    expect(sandbox.faults.list()).toEqual([]);
  });

  it("truncated ends in the middle with a content-length that agrees", async () => {
    sandbox.faults.add({ fault: { kind: "truncated" } });
    const body = "Action=DescribeInstances";
    const credentials = sandbox.credentialsOf("111111111111");
    const headers = signedHeaders(sandbox, { credentials, body });
    const response = await fetch(sandbox.endpoint, { method: "POST", headers, body });
    const text = await response.text();
    expect(Buffer.byteLength(text)).toBe(Number(response.headers.get("content-length")));
    expect(text).not.toContain("</DescribeInstancesResponse>");
  });

  it("hold keeps answers back until released", async () => {
    const barrier = sandbox.faults.add({ fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    const answer = list();
    expect((await arrived).outcome).toBe("pending");
    barrier.release();
    expect((await answer).Reservations?.length).toBeGreaterThan(0);
    expect((await (await arrived).finished).outcome).toBe("completed");
  });

  it("latency comes before another fault of the same request", async () => {
    sandbox.faults.add({ fault: { kind: "latency", latencyMs: 1 } });
    sandbox.faults.add({ fault: { kind: "throttle" } });
    expect(await failureOf(list())).toMatchObject({ code: "RequestLimitExceeded" });
  });
});

describe("the request log", () => {
  it("sees a client that gives up as aborted, and a cut as failed", async () => {
    sandbox.faults.add({ times: 1, fault: { kind: "hang" } });
    const abort = new AbortController();
    const arrived = sandbox.nextRequest({ action: "DescribeInstances" });
    const call = failureOf(list(abort.signal));
    const hanging = await arrived;
    abort.abort();
    expect((await call).code).toBe("AbortError");
    expect((await hanging.finished).outcome).toBe("aborted");
    sandbox.faults.add({ times: 1, fault: { kind: "cut" } });
    await failureOf(list());
    expect(sandbox.requests.entries().map(({ outcome }) => outcome)).toEqual(["aborted", "failed"]);
  });

  it("sees a client that leaves in the middle of a long answer as aborted", async () => {
    await using big = await createSandbox({ fleet: { account: "111111111111", region: "us-east-1", count: 4000 } });
    const form = "Action=DescribeInstances";
    const headers = signedHeaders(big, { credentials: big.credentialsOf("111111111111"), body: form });
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(big.port, "127.0.0.1");
    const arrived = big.nextRequest();
    socket.once("data", () => socket.destroy());
    socket.write(`POST / HTTP/1.1\r\n${head.join("")}Content-Length: ${form.length}\r\n\r\n${form}`);
    expect((await (await arrived).finished).outcome).toBe("aborted");
  });

  it("counts by action, code and outcome, and can be cleared", async () => {
    sandbox.faults.add({ times: 1, fault: { kind: "throttle" } });
    await failureOf(list());
    await list();
    expect(sandbox.requests.count()).toBe(2);
    expect(sandbox.requests.count({ code: "RequestLimitExceeded" })).toBe(1);
    expect(sandbox.requests.count({ action: "DescribeInstances", outcome: "completed" })).toBe(2);
    expect(sandbox.requests.count((entry) => entry.status === 200)).toBe(1);
    sandbox.requests.clear();
    expect(sandbox.requests.count()).toBe(0);
  });

  it("says so when it had to let entries go", async () => {
    await using small = await createSandbox({ requestLogLimit: 10 });
    for (let n = 0; n <= 1010; n++) await fetch(small.endpoint, { method: "POST", body: "Action=X" });
    expect(small.requests.dropped).toBe(1001);
    expect(small.requests.count()).toBe(10);
  });

  it("fails what is under way when the sandbox closes", async () => {
    sandbox.faults.add({ fault: { kind: "hang" } });
    const arrived = sandbox.nextRequest();
    const call = failureOf(list());
    const { finished } = await arrived;
    await sandbox.close();
    expect((await finished).outcome).toBe("failed");
    expect((await call).message).toBeTruthy();
  });
});
