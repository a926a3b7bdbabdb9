import { once } from "node:events";
import { connect } from "node:net";
import { RebootInstancesCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fault, FaultMoment } from "./faults.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { ec2Of, failureOf } from "./test-support.ts";

const ID = "i-0000000a";

let sandbox: Sandbox;
let ec2: ReturnType<typeof ec2Of>;

beforeEach(async () => {
  sandbox = await createSandbox({ instances: [{ id: ID, state: "stopped" }] });
  ec2 = ec2Of(sandbox);
});
afterEach(async () => {
  ec2.destroy();
  await sandbox.close();
});

const start = (abortSignal?: AbortSignal) =>
  ec2.send(new StartInstancesCommand({ InstanceIds: [ID] }), abortSignal === undefined ? {} : { abortSignal });

describe("an answer that is lost", () => {
  it.each<[Fault, { status: number | undefined; outcome: string }]>([
    [{ kind: "answerLost" }, { status: undefined, outcome: "failed" }],
    [
      { kind: "answerLost", how: "cut" },
      { status: undefined, outcome: "failed" },
    ],
    [
      { kind: "answerLost", how: "cutAfterStatus" },
      { status: 200, outcome: "failed" },
    ],
    [
      { kind: "answerLost", how: "cutAfterHeaders" },
      { status: 200, outcome: "failed" },
    ],
    [
      { kind: "answerLost", how: "serverError" },
      { status: 500, outcome: "completed" },
    ],
    [{ kind: "cut" }, { status: 200, outcome: "failed" }],
    [{ kind: "truncated" }, { status: 200, outcome: "completed" }],
    [{ kind: "brokenXml" }, { status: 200, outcome: "completed" }],
  ])("%j: the caller is told nothing of use, and it was done, once", async (fault, logged) => {
    sandbox.faults.add({ action: "StartInstances", times: 1, fault });
    await failureOf(start());
    const [entry] = sandbox.requests.entries();
    expect(entry).toMatchObject(logged);
    expect(sandbox.actions.list()).toMatchObject([{ instanceId: ID, effective: true, requestId: entry?.id }]);
    expect(sandbox.instances.get(ID)?.state).toBe("pending");
  });

  it("leaves the bytes that its name says", async () => {
    const bytes: Record<string, string> = {};
    for (const how of ["cut", "cutAfterStatus", "cutAfterHeaders"] as const) {
      sandbox.faults.add({ times: 1, fault: { kind: "answerLost", how } });
      bytes[how] = await rawAnswer();
    }
    expect(bytes.cut).toBe("");
    expect(bytes.cutAfterStatus).toMatch(/^HTTP\/1\.1 \d{3} [\w ]+\r\n$/);
    expect(bytes.cutAfterHeaders).toMatch(/^HTTP\/1\.1 \d{3} [^\0]*content-length: \d+\r\n[^\0]*\r\n\r\n$/i);
  });
});

describe("when a fault strikes", () => {
  const faults: Fault[] = [
    { kind: "throttle" },
    { kind: "serverError" },
    { kind: "serverError", status: 503 },
    { kind: "error", status: 500, code: "InsufficientInstanceCapacity" },
    { kind: "cut" },
  ];
  it.each(faults.flatMap((fault) => (["before", "after"] as const).map((when) => [fault, when] as const)))(
    "%j %s it is carried out decides what is true, not what the caller sees",
    async (fault, when: FaultMoment) => {
      sandbox.faults.add({ action: "StartInstances", when, fault });
      await failureOf(start());
      expect(sandbox.actions.count({ instanceId: ID })).toBe(when === "after" ? 1 : 0);
      expect(sandbox.instances.get(ID)?.state).toBe(when === "after" ? "pending" : "stopped");
    },
  );

  it.each<[FaultMoment, number]>([
    ["before", 0],
    ["after", 1],
  ])("a client that leaves while a hold or hang of %s lasts has had it done %d times", async (when, times) => {
    for (const kind of ["hang", "hold"] as const) {
      sandbox.actions.clear();
      sandbox.instances.setState(ID, "stopped");
      const handle = sandbox.faults.add({ when, fault: { kind } });
      const arrived = sandbox.nextRequest();
      const abort = new AbortController();
      const call = failureOf(start(abort.signal));
      const { finished } = await arrived;
      abort.abort();
      await call;
      expect((await finished).outcome).toBe("aborted");
      handle.remove();
      expect(sandbox.actions.count()).toBe(times);
    }
  });

  it("a hold of after keeps back only the answer", async () => {
    const barrier = sandbox.faults.add({ when: "after", fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest();
    const call = start();
    await arrived;
    expect(sandbox.actions.count()).toBe(1);
    barrier.release();
    expect((await call).StartingInstances?.[0]?.CurrentState?.Name).toBe("pending");
  });

  it.each<Fault>([{ kind: "answerLost" }, { kind: "brokenXml" }, { kind: "truncated" }, { kind: "startFails" }])(
    "%j cannot strike before, and says so",
    (fault) => {
      expect(() => sandbox.faults.add({ when: "before", fault })).toThrow("it strikes after");
      expect(sandbox.faults.list()).toEqual([]);
    },
  );

  it("a rule of one instance leaves the requests of others alone", async () => {
    sandbox.instances.put({ id: "i-0000000b", state: "running" });
    const fault = sandbox.faults.add({ instanceId: ID, fault: { kind: "answerLost" } });
    await ec2.send(new RebootInstancesCommand({ InstanceIds: ["i-0000000b"] }));
    expect(fault.hits).toBe(0);
    await failureOf(start());
    expect(fault.hits).toBe(1);
  });
});

/** Everything the sandbox sends on a connection of its own, until it closes it. */
async function rawAnswer(): Promise<string> {
  const socket = connect(sandbox.port, "127.0.0.1");
  const form = `Action=StartInstances&InstanceId.1=${ID}`;
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${form.length}\r\n\r\n${form}`);
  await once(socket, "close");
  return received;
}
