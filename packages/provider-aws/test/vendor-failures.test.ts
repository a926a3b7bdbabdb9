import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { background, type CloudLinkError, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { createSandbox, type Fault, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aws } from "../src/index.ts";
import { failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { ACCOUNT, type CallSettings, callOf, refOf } from "./provider-call.ts";

let sandbox: Sandbox;
let provider: Provider;
let id: string;

beforeAll(async () => {
  sandbox = await createSandbox();
  provider = aws({ endpoint: sandbox.endpoint });
  id = sandbox.instances.put({ state: "running" }).id;
});
afterAll(async () => {
  await provider.close();
  await sandbox.close();
});
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.requests.clear();
});

const withKeys = (): CallSettings => ({ keys: sandbox.credentialsOf(ACCOUNT) });

/** Every way in which a read reaches EC2: the decoder of this package and the SDK's own. */
const reads = {
  get: (settings: CallSettings) =>
    machinesOf(provider).get(callOf(settings), { ref: refOf(id), view: "standard", native: false }),
  "get with the native body": (settings: CallSettings) =>
    machinesOf(provider).get(callOf(settings), { ref: refOf(id), view: "standard", native: true }),
  getMany: (settings: CallSettings) =>
    machinesOf(provider).getMany(callOf(settings), { refs: [refOf(id)], view: "standard" }),
  list: (settings: CallSettings) =>
    machinesOf(provider).list(callOf(settings), {
      view: "standard",
      filter: { where: {}, tags: {} },
      pageSize: 100,
    }),
};
const ways = Object.keys(reads) as (keyof typeof reads)[];

async function failed(way: keyof typeof reads, fault: Fault): Promise<CloudLinkError> {
  sandbox.faults.add({ fault });
  return await failureOf(reads[way](withKeys()));
}

describe.each(ways)("%s", (way) => {
  it.each<[Fault, object]>([
    [
      { kind: "throttle" },
      { code: "resource_exhausted", reason: "ErrThrottled", retry: { retryable: true, afterMs: 1_000 } },
    ],
    [
      { kind: "throttle", retryAfterSeconds: 7 },
      { code: "resource_exhausted", reason: "ErrThrottled", retry: { retryable: true, afterMs: 7_000 } },
    ],
    [{ kind: "serverError" }, { code: "unavailable", reason: "ErrVendorUnavailable", retry: { retryable: true } }],
    [
      { kind: "serverError", status: 503 },
      { code: "unavailable", reason: "ErrVendorUnavailable", retry: { retryable: true } },
    ],
    [{ kind: "brokenXml" }, { code: "internal", reason: "ErrMalformedResponse", retry: { retryable: true } }],
    [{ kind: "truncated" }, { code: "internal", reason: "ErrMalformedResponse", retry: { retryable: true } }],
    [{ kind: "cut" }, { code: "unavailable", reason: "ErrVendorUnavailable", retry: { retryable: true } }],
    [
      { kind: "error", status: 400, code: "RequestExpired" },
      { code: "unauthenticated", reason: "ErrCredentialsExpired" },
    ],
    [{ kind: "error", status: 403, code: "OptInRequired" }, { code: "permission_denied" }],
    [
      { kind: "error", status: 400, code: "InvalidParameterCombination" },
      { code: "invalid_argument", reason: "ErrInvalidRequest" },
    ],
    [
      { kind: "error", status: 400, code: "UnsupportedOperation" },
      { code: "failed_precondition", reason: "aws.UnsupportedOperation", details: { httpStatus: "400" } },
    ],
  ])("answers the fault %j with its documented code, after one request", async (fault, expected) => {
    const error = await failed(way, fault);
    expect(error).toMatchObject({ provider: "aws", operation: "ec2:DescribeInstances", origin: "vendor", ...expected });
    expect(sandbox.requests.count()).toBe(1);
  });

  it("ends by the deadline, down to the socket, when EC2 accepts and never answers", async () => {
    sandbox.faults.add({ fault: { kind: "hang" } });
    const clock = createManualClock();
    const arrived = sandbox.nextRequest();
    const ctx = background({ clock }).withTimeout(800);
    const failure = failureOf(reads[way]({ ...withKeys(), ctx }));
    const entry = await arrived;
    clock.advance(800);
    expect(await failure).toMatchObject({ code: "deadline_exceeded", reason: "ErrDeadlineExceeded" });
    expect((await entry.finished).outcome).toBe("aborted");
    expect(clock.pendingTimers).toBe(0);
  });

  it("ends when it is canceled, down to the socket", async () => {
    const held = sandbox.faults.add({ fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    using ctx = background().withCancel();
    const failure = failureOf(reads[way]({ ...withKeys(), ctx }));
    const entry = await arrived;
    ctx.cancel();
    expect(await failure).toMatchObject({ code: "canceled", reason: "ErrCanceled" });
    expect((await entry.finished).outcome).toBe("aborted");
    held.remove();
  });

  it("sends nothing under a context that is over", async () => {
    using ctx = background().withCancel();
    ctx.cancel();
    expect(await failureOf(reads[way]({ ...withKeys(), ctx }))).toMatchObject({ reason: "ErrCanceled" });
    expect(sandbox.requests.count()).toBe(0);
  });
});

describe("refused credentials", () => {
  async function refusedWith(keys: CallSettings["keys"]): Promise<CloudLinkError> {
    return await failureOf(reads.get({ keys: keys ?? {} }));
  }

  it("are invalid when EC2 does not know the key", async () => {
    const error = await refusedWith({ accessKeyId: "AKIANOBODY", secretAccessKey: "nothing" });
    expect(error).toMatchObject({ code: "unauthenticated", reason: "ErrCredentialsInvalid", origin: "vendor" });
    expect(error.details).toMatchObject({ vendorCode: "AuthFailure", httpStatus: "401" });
  });

  it("are expired when the session is over", async () => {
    let now = Date.now();
    await using aged = await createSandbox({ clock: { now: () => now }, population: true });
    const keys = aged.issueSession({ account: ACCOUNT, durationSeconds: 900 });
    const own = aws({ endpoint: aged.endpoint });
    const ref = refOf(aged.instances.list({ account: ACCOUNT, region: "us-east-1" })[0]?.id ?? "");
    const call = callOf({ keys });
    await machinesOf(own).get(call, { ref, view: "standard", native: false });
    now += 900_000;
    const error = await failureOf(machinesOf(own).get(call, { ref, view: "standard", native: false }));
    expect(error).toMatchObject({ reason: "ErrCredentialsExpired", details: { vendorCode: "RequestExpired" } });
    const identity = await failureOf(own.identify(call));
    expect(identity).toMatchObject({ reason: "ErrCredentialsExpired", details: { vendorCode: "ExpiredToken" } });
    await own.close();
  });

  it("are denied, with who, what and AWS's words, when IAM does not allow it", async () => {
    const denied = { ...sandbox.credentialsOf(ACCOUNT), accessKeyId: `AKIA${ACCOUNT}DENY` };
    const error = await refusedWith(denied);
    expect(error).toMatchObject({ code: "permission_denied", reason: "ErrPermissionDenied", origin: "vendor" });
    expect(error.rawMessage).toMatch(/The lease "lease-\d+" may not do ec2:DescribeInstances in account 111111111111/);
    expect(error.rawMessage).toContain(`arn:aws:iam::${ACCOUNT}:user/intern`);
  });

  it.each([{}, { accessKeyId: "AKIA" }, { secretAccessKey: "s" }, { accessKeyId: "", secretAccessKey: "" }])(
    "are missing, and nothing is sent, when the lease holds only %j",
    async (keys) => {
      const call = callOf({ keys });
      const error = await failureOf(
        machinesOf(provider).get(call, { ref: refOf(id), view: "standard", native: false }),
      );
      expect(error).toMatchObject({ code: "unauthenticated", reason: "ErrCredentialsMissing", origin: "credentials" });
      expect(call.requests).toEqual([]);
      expect(sandbox.requests.count()).toBe(0);
    },
  );
});

describe("an answer that stalls after its headers", () => {
  it.each(ways)("ends by the deadline, down to the socket: %s", async (way) => {
    const closed = Promise.withResolvers<boolean>();
    const stalled = Promise.withResolvers<void>();
    await using server = createServer((_request, response) => {
      response.on("close", () => closed.resolve(response.writableFinished));
      response.writeHead(200, { "Content-Type": "text/xml" });
      response.write("<DescribeInstancesResponse><reservationSet>", () => stalled.resolve());
    }).listen(0, "127.0.0.1");
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    server.once("listening", resolve);
    await listening;
    const own = aws({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const clock = createManualClock();
    const kept = provider;
    provider = own;
    const failure = failureOf(reads[way]({ ...withKeys(), ctx: background({ clock }).withTimeout(500) }));
    provider = kept;
    await stalled.promise;
    clock.advance(500);
    expect(await failure).toMatchObject({ reason: "ErrDeadlineExceeded" });
    expect(await closed.promise).toBe(false);
    await own.close();
  });
});
