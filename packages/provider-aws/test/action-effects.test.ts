import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";
import { background, type CancelableContext, type CloudLinkError, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type AwsSettings, aws } from "../src/index.ts";
import { awsEnvironment } from "./aws-environment.ts";
import { failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { certificateFile, startProxy, startTlsFront } from "./network-servers.ts";
import { ACCOUNT, type CallSettings, callOf, refOf, type TestCall } from "./provider-call.ts";

// A reboot throughout: it is not idempotent, so what an error says of its effect is all that anybody has.

let sandbox: Sandbox;
let id: string;
let environment: Disposable;
const opened: Provider[] = [];

beforeAll(async () => {
  sandbox = await createSandbox();
  id = sandbox.instances.put({ state: "running" }).id;
});
afterAll(async () => await sandbox.close());
beforeEach(() => {
  environment = awsEnvironment();
  sandbox.faults.clear();
  sandbox.actions.clear();
});
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
  environment[Symbol.dispose]();
  vi.unstubAllEnvs();
});

type ActionSettings = AwsSettings & { readonly endpoint: string };

/** A provider whose EC2 is at the endpoint. Whose the credentials are, it asks of the sandbox: that is no part of the action. */
function open({ endpoint, ...settings }: ActionSettings): Provider {
  vi.stubEnv("AWS_ENDPOINT_URL_EC2", endpoint);
  vi.stubEnv("AWS_ENDPOINT_URL_STS", sandbox.endpoint);
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  const provider = aws(settings);
  opened.push(provider);
  return provider;
}

function withKeys(settings: CallSettings = {}): TestCall {
  return callOf({ keys: sandbox.credentialsOf(ACCOUNT), ...settings });
}

async function reboot(
  provider: Provider,
  { call = withKeys(), dryRun = false }: { readonly call?: TestCall; readonly dryRun?: boolean } = {},
) {
  const request = { ref: refOf(id), action: "reboot", dryRun, idempotencyKey: "key" };
  return await machinesOf(provider).act(call, request);
}

/** The error of a reboot whose caller leaves when `reached` settles. */
async function leftAt(
  settings: ActionSettings,
  reached: Promise<unknown>,
  keys?: CallSettings,
): Promise<CloudLinkError> {
  using ctx: CancelableContext = background().withCancel();
  const failure = failureOf(reboot(open(settings), { call: withKeys({ ...keys, ctx }) }));
  await reached;
  ctx.cancel();
  return await failure;
}

async function listening<Of extends Server>(server: Of): Promise<{ readonly port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port };
}

/** A server of HTTP that answers as it is told to, and ends with the test. */
async function answering(
  respond: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<AsyncDisposable & { readonly endpoint: string }> {
  const server = createHttpServer((request, response) => {
    request.resume();
    request.once("end", () => respond(response, request));
  });
  const { port } = await listening(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A server that does something with each connection, and knows no protocol. */
async function accepting(
  meet: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number; readonly accepted: Promise<void> }> {
  const accepted = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    meet(socket);
    accepted.resolve();
  });
  const { port } = await listening(server);
  return {
    port,
    accepted: accepted.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe("nothing was done", () => {
  it("where nobody listens", async () => {
    const { port, [Symbol.asyncDispose]: close } = await accepting(() => {});
    await close();
    const call = withKeys();
    const error = await failureOf(reboot(open({ endpoint: `http://127.0.0.1:${port}` }), { call }));
    expect(error).toMatchObject({ code: "unavailable", effect: "none" });
    // It was reported as sent: whoever goes by that alone would take it for unknown.
    expect(call.requests).toEqual(["sts:GetCallerIdentity", "ec2:RebootInstances"]);
  });

  it("where the host has no address", async () => {
    const error = await failureOf(reboot(open({ endpoint: "http://nowhere.invalid" })));
    expect(error).toMatchObject({ code: "unavailable", effect: "none" });
  });

  it("where nobody vouches for the server", async () => {
    await using front = await startTlsFront(sandbox);
    const error = await failureOf(reboot(open({ endpoint: `https://127.0.0.1:${front.port}` })));
    expect(error).toMatchObject({ code: "unavailable", effect: "none" });
    expect(sandbox.actions.count()).toBe(0);
  });

  it("where what answers does not speak TLS, or breaks off in the middle of it", async () => {
    await using plain = await answering((response) => response.end());
    const endpoint = plain.endpoint.replace("http:", "https:");
    expect(await failureOf(reboot(open({ endpoint })))).toMatchObject({ code: "unavailable", effect: "none" });
    await using cutting = await accepting((socket) => socket.once("data", () => socket.destroy()));
    const error = await failureOf(reboot(open({ endpoint: `https://127.0.0.1:${cutting.port}` })));
    expect(error).toMatchObject({ code: "unavailable", effect: "none" });
  });

  it("where the caller leaves while TLS comes about", async () => {
    const helloed = Promise.withResolvers<void>();
    await using silent = await accepting((socket) => socket.once("data", () => helloed.resolve()));
    const error = await leftAt({ endpoint: `https://127.0.0.1:${silent.port}` }, helloed.promise);
    expect(error).toMatchObject({ code: "canceled", effect: "none" });
  });

  it.each(["http", "https"])("where the caller leaves while a proxy keeps it waiting: %s", async (protocol) => {
    await using proxy = await startProxy({ answer: "nothing" });
    const address = `http://127.0.0.1:${proxy.port}`;
    vi.stubEnv("HTTP_PROXY", address);
    vi.stubEnv("HTTPS_PROXY", address);
    const error = await leftAt({ endpoint: `${protocol}://aws.example` }, proxy.nextTunnel());
    expect(error).toMatchObject({ code: "canceled", effect: "none" });
  });

  it("where the proxy wants a password", async () => {
    await using proxy = await startProxy({ answer: "authenticate" });
    vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${proxy.port}`);
    const error = await failureOf(reboot(open({ endpoint: "http://aws.example" })));
    expect(error).toMatchObject({ code: "unavailable", effect: "none" });
  });

  it("where the caller leaves, or is refused, on the way to credentials", async () => {
    const role = { roleArn: `arn:aws:iam::${ACCOUNT}:role/cloudlink-read` };
    const keys = sandbox.credentialsOf(ACCOUNT);
    vi.stubEnv("AWS_ACCESS_KEY_ID", keys.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", keys.secretAccessKey);
    const fault = sandbox.faults.add({ action: "AssumeRole", fault: { kind: "hold" } });
    const { endpoint } = sandbox;
    using ctx = background().withCancel();
    const arrived = sandbox.nextRequest({ action: "AssumeRole" });
    const failure = failureOf(reboot(open({ endpoint, ...role }), { call: callOf({ ctx }) }));
    await arrived;
    ctx.cancel();
    expect(await failure).toMatchObject({ code: "canceled", effect: "none" });
    fault.remove();
    sandbox.faults.add({ action: "AssumeRole", fault: { kind: "serverError" } });
    const asked = sandbox.requests.count({ action: "AssumeRole" });
    const refused = await failureOf(reboot(open({ endpoint, ...role }), { call: callOf() }));
    expect(refused).toMatchObject({ code: "unavailable", origin: "credentials", effect: "none" });
    expect(sandbox.requests.count({ action: "AssumeRole" })).toBe(asked + 1);
    expect(await failureOf(reboot(open({ endpoint }), { call: withKeys({ keys: {} }) }))).toMatchObject({
      reason: "ErrCredentialsMissing",
      effect: "none",
    });
    expect(sandbox.actions.count()).toBe(0);
  });

  it.each([302, 403, 404, 407, 429])("where something else refuses it in AWS's place: %d", async (status) => {
    await using other = await answering((response) => response.writeHead(status).end("<html>no</html>"));
    expect((await failureOf(reboot(open({ endpoint: other.endpoint })))).effect).toBe("none");
  });

  it("where a refusal of AWS's breaks off", async () => {
    await using breaking = await answering((response) => {
      response.writeHead(400, { "content-length": "1000" });
      response.write("<Response><Errors>", () => response.destroy());
    });
    expect((await failureOf(reboot(open({ endpoint: breaking.endpoint })))).effect).toBe("none");
  });

  it("by a trial, whatever becomes of it", async () => {
    await using breaking = await answering((response) => response.destroy());
    const error = await failureOf(reboot(open({ endpoint: breaking.endpoint }), { dryRun: true }));
    expect(error).toMatchObject({ code: "unavailable", effect: "none" });
  });
});

describe("what was done is unknown", () => {
  it("where the connection breaks once the request has left", async () => {
    await using breaking = await answering((response) => response.destroy());
    const error = await failureOf(reboot(open({ endpoint: breaking.endpoint })));
    expect(error).toMatchObject({ code: "unavailable", effect: "unknown" });
  });

  it("where it breaks on a connection that was kept", async () => {
    let requests = 0;
    await using flaky = await answering((response) => {
      requests += 1;
      if (requests === 1) response.writeHead(404, { "content-length": "0" }).end();
      else response.destroy();
    });
    const provider = open({ endpoint: flaky.endpoint });
    expect((await failureOf(reboot(provider))).effect).toBe("none");
    expect((await failureOf(reboot(provider))).effect).toBe("unknown");
  });

  it("where the caller leaves, or its time is over, while AWS is silent; behind TLS and a proxy too", async () => {
    await using front = await startTlsFront(sandbox);
    await using proxy = await startProxy();
    vi.stubEnv("AWS_CA_BUNDLE", certificateFile);
    vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    const action = "RebootInstances";
    sandbox.faults.add({ action, fault: { kind: "hang" } });
    for (const endpoint of [sandbox.endpoint, `https://127.0.0.1:${front.port}`, `https://localhost:${front.port}`]) {
      const error = await leftAt({ endpoint }, sandbox.nextRequest({ action }));
      expect(error).toMatchObject({ code: "canceled", effect: "unknown" });
    }
    expect(proxy.tunnels).toEqual([`localhost:${front.port}`]);
    const clock = createManualClock();
    const arrived = sandbox.nextRequest({ action });
    const call = withKeys({ ctx: background({ clock }).withTimeout(800) });
    const failure = failureOf(reboot(open({ endpoint: sandbox.endpoint }), { call }));
    await arrived;
    clock.advance(800);
    expect(await failure).toMatchObject({ code: "deadline_exceeded", effect: "unknown" });
  });

  it.each([408, 500, 502, 503, 504])("where something else says that it failed: %d", async (status) => {
    await using other = await answering((response) => response.writeHead(status).end("<html>no</html>"));
    expect((await failureOf(reboot(open({ endpoint: other.endpoint })))).effect).toBe("unknown");
  });

  it("where what comes back is no HTTP", async () => {
    await using other = await accepting((socket) => socket.once("data", () => socket.end("220 ready\r\n")));
    const error = await failureOf(reboot(open({ endpoint: `http://127.0.0.1:${other.port}` })));
    expect(error).toMatchObject({ code: "unavailable", effect: "unknown" });
  });
});

describe("it was done", () => {
  it("where AWS accepts it and the rest of the answer stays away, and the caller leaves", async () => {
    const begun = Promise.withResolvers<void>();
    await using stalling = await answering((response) => {
      response.writeHead(200, { "content-type": "text/xml" });
      response.write("<RebootInstancesResponse>", () => begun.resolve());
    });
    const provider = open({ endpoint: stalling.endpoint });
    using ctx = background().withCancel();
    const failure = failureOf(reboot(provider, { call: withKeys({ ctx }) }));
    await begun.promise;
    // By the time that another has been there and back, what was written before is here.
    await reboot(open({ endpoint: sandbox.endpoint }));
    ctx.cancel();
    expect(await failure).toMatchObject({ code: "canceled", effect: "done" });
  });

  it.each(["", "{}", "<html></html>", "<StartInstancesResponse><instancesSet/></StartInstancesResponse>"])(
    "where the answer of success says nothing of the instance: %j",
    async (body) => {
      await using odd = await answering((response) => response.writeHead(200).end(body));
      const request = { ref: refOf(id), action: "start", dryRun: false, idempotencyKey: "key" };
      const error = await failureOf(machinesOf(open({ endpoint: odd.endpoint })).act(withKeys(), request));
      expect(error).toMatchObject({ reason: "ErrMalformedResponse", effect: "done" });
    },
  );

  it("where something takes a trial for the action itself", async () => {
    await using odd = await answering((response) => response.writeHead(200).end("<RebootInstancesResponse/>"));
    const error = await failureOf(reboot(open({ endpoint: odd.endpoint }), { dryRun: true }));
    expect(error).toMatchObject({ reason: "ErrMalformedResponse", effect: "done" });
    expect(error.rawMessage).toContain("took the trial of ec2:RebootInstances for the action itself");
  });
});
