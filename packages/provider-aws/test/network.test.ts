import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { background, type Provider } from "@cloudlink/core";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type AwsSettings, aws } from "../src/index.ts";
import { type AwsEnvironment, awsEnvironment } from "./aws-environment.ts";
import { everythingSeenOf, failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { certificateFile, startFront, startProxy, startTlsFront, type TestServer } from "./network-servers.ts";
import { ACCOUNT, type CallSettings, callOf, refOf } from "./provider-call.ts";

let sandbox: Sandbox;
let front: TestServer;
let id: string;
let folder: (Disposable & { readonly path: string }) | undefined;
const opened: Provider[] = [];

beforeAll(async () => {
  sandbox = await createSandbox();
  front = await startTlsFront(sandbox);
  id = sandbox.instances.put({ state: "running" }).id;
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await sandbox.close();
});
beforeEach(() => {
  sandbox.requests.clear();
});
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
  folder?.[Symbol.dispose]();
  vi.unstubAllEnvs();
});

function environment(is: AwsEnvironment = {}): void {
  folder = awsEnvironment(is);
}

async function read(settings: AwsSettings, call: CallSettings = {}): Promise<string> {
  const provider = aws(settings);
  opened.push(provider);
  const under = callOf({ keys: sandbox.credentialsOf(ACCOUNT), ...call });
  const request = { ref: refOf(id), view: "standard", native: false };
  return (await machinesOf(provider).get(under, request)).value.id;
}

describe("a server's certificate", () => {
  const endpoint = () => `https://127.0.0.1:${front.port}`;

  it("is refused when nobody vouches for it, with what to do", async () => {
    environment();
    const error = await failureOf(read({ endpoint: endpoint() }));
    expect(error).toMatchObject({ code: "unavailable", reason: "ErrVendorUnavailable", retry: { retryable: false } });
    expect(error.rawMessage).toMatch(/certificate was not accepted \(\w*SELF_SIGNED\w*\).*AWS_CA_BUNDLE or caFile/);
    expect(sandbox.requests.count()).toBe(0);
  });

  it("is accepted when caFile vouches for it", async () => {
    environment();
    expect(await read({ endpoint: endpoint(), caFile: certificateFile })).toBe(id);
  });

  it("is accepted when AWS_CA_BUNDLE vouches for it, which gives way to caFile", async () => {
    environment({ variables: { AWS_CA_BUNDLE: certificateFile } });
    expect(await read({ endpoint: endpoint() })).toBe(id);
    const other = join(folder?.path ?? "", "nothing.pem");
    expect(await failureOf(read({ endpoint: endpoint(), caFile: other }))).toMatchObject({
      reason: "ErrInvalidSettings",
    });
  });

  it("is checked against the name of the server", async () => {
    environment({ variables: { AWS_CA_BUNDLE: certificateFile } });
    const error = await failureOf(read({ endpoint: `https://127.0.0.2:${front.port}` }));
    expect(error.reason).toBe("ErrVendorUnavailable");
    expect(error.rawMessage).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID|ECONNREFUSED/);
  });

  it("needs a file of certificates that is one, and is read again after it was mended", async () => {
    environment();
    const caFile = join(folder?.path ?? "", "ca.pem");
    const provider = aws({ endpoint: endpoint(), caFile });
    opened.push(provider);
    const get = () =>
      machinesOf(provider).get(callOf({ keys: sandbox.credentialsOf(ACCOUNT) }), {
        ref: refOf(id),
        view: "standard",
        native: false,
      });
    const missing = await failureOf(get());
    expect(missing).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings", origin: "caller" });
    expect(missing.rawMessage).toMatch(/ca\.pem.*ENOENT.*caFile/);
    writeFileSync(caFile, "no certificate");
    expect((await failureOf(get())).rawMessage).toMatch(/holds no certificate in PEM/);
    writeFileSync(caFile, await import("node:fs").then(({ readFileSync }) => readFileSync(certificateFile)));
    expect((await get()).value.id).toBe(id);
  });
});

describe("a proxy", () => {
  it("is used for the endpoint, of HTTP and of HTTPS", async () => {
    await using proxy = await startProxy();
    const address = `http://127.0.0.1:${proxy.port}`;
    environment({ variables: { HTTP_PROXY: address, HTTPS_PROXY: address, AWS_CA_BUNDLE: certificateFile } });
    expect(await read({ endpoint: sandbox.endpoint })).toBe(id);
    expect(await read({ endpoint: `https://localhost:${front.port}` })).toBe(id);
    expect(proxy.tunnels).toEqual([`127.0.0.1:${sandbox.port}`, `localhost:${front.port}`]);
  });

  it("does not make a certificate good that nobody vouches for", async () => {
    await using proxy = await startProxy();
    environment({ variables: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    const error = await failureOf(read({ endpoint: `https://localhost:${front.port}` }));
    expect(error.rawMessage).toMatch(/certificate was not accepted/);
  });

  it("is left aside for what NO_PROXY names", async () => {
    await using proxy = await startProxy();
    environment({ variables: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "localhost,127.0.0.1" } });
    expect(await read({ endpoint: sandbox.endpoint })).toBe(id);
    expect(proxy.tunnels).toEqual([]);
  });

  it.each(["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"])(
    "is decided on by the address that %s gives, and not by AWS's own",
    async (name) => {
      await using proxy = await startProxy();
      const address = `http://127.0.0.1:${proxy.port}`;
      const variables = { HTTP_PROXY: address, HTTPS_PROXY: address, [name]: sandbox.endpoint };
      environment({ variables: { ...variables, NO_PROXY: "127.0.0.1" } });
      expect(await read({})).toBe(id);
      expect(proxy.tunnels).toEqual([]);
      vi.stubEnv("NO_PROXY", "amazonaws.com,.amazonaws.com");
      expect(await read({})).toBe(id);
      expect(proxy.tunnels).toEqual([`127.0.0.1:${sandbox.port}`]);
    },
  );

  it("carries several requests by one tunnel", async () => {
    await using proxy = await startProxy();
    environment({ variables: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` } });
    const provider = aws({ endpoint: sandbox.endpoint });
    opened.push(provider);
    for (let count = 0; count < 3; count++) {
      const call = callOf({ keys: sandbox.credentialsOf(ACCOUNT) });
      await machinesOf(provider).get(call, { ref: refOf(id), view: "standard", native: false });
    }
    expect(proxy.tunnels).toHaveLength(1);
    expect(sandbox.requests.count()).toBe(3);
  });

  it("that wants a log-in is named as what is in the way", async () => {
    await using proxy = await startProxy({ answer: "authenticate" });
    environment({ variables: { HTTP_PROXY: `http://user:hunter2@127.0.0.1:${proxy.port}` } });
    const error = await failureOf(read({ endpoint: sandbox.endpoint }));
    expect(error).toMatchObject({ reason: "ErrVendorUnavailable", retry: { retryable: false } });
    expect(error.rawMessage).toMatch(/proxy.*asks for a user and a password/);
    expect(everythingSeenOf(error)).not.toContain("hunter2");
  });

  it.each(["the call is canceled", "the provider is closed"])(
    "that keeps a tunnel waiting is let go of when %s",
    async (when) => {
      await using proxy = await startProxy({ answer: "nothing" });
      environment({ variables: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` } });
      using ctx = background().withCancel();
      const asked = proxy.nextTunnel();
      const failure = failureOf(read({ endpoint: sandbox.endpoint }, { ctx }));
      const socket = await asked;
      const closed = new Promise((resolve) => socket.once("close", resolve));
      if (when === "the call is canceled") ctx.cancel();
      else await opened.at(-1)?.close();
      expect((await failure).reason).toBe("ErrCanceled");
      socket.resume();
      await closed;
      expect(proxy.open.size).toBe(0);
    },
  );

  it.each(["http://user:hunter2@[", "socks5://user:hunter2@127.0.0.1:1"])(
    "that is no URL of one is refused without being repeated: %s",
    async (proxy) => {
      environment({ variables: { HTTP_PROXY: proxy } });
      const error = await failureOf(read({ endpoint: sandbox.endpoint }));
      expect(error).toMatchObject({ reason: "ErrInvalidSettings", origin: "caller" });
      expect(everythingSeenOf(error)).not.toContain("hunter2");
    },
  );
});

describe("connections", () => {
  const request = () => ({ ref: refOf(id), native: false });

  it("are kept: calls one after another, of several leases and of every sort, make one", async () => {
    environment();
    await using front = await startFront(sandbox);
    const provider = aws({ endpoint: `http://127.0.0.1:${front.port}` });
    for (const [view, native] of [
      ["standard", false],
      ["standard", true],
      ["health", false],
      ["standard", false],
    ] as const) {
      const call = callOf({ keys: sandbox.credentialsOf(ACCOUNT), ctx: background().withTimeout(60_000) });
      await machinesOf(provider).get(call, { ...request(), view, native });
    }
    await provider.identify(callOf({ keys: sandbox.credentialsOf(ACCOUNT) }));
    expect(front.connections).toBe(1);
    await provider.close();
    await front.whenIdle();
  });

  it("of canceled calls are closed, each and every one", async () => {
    environment();
    await using front = await startFront(sandbox);
    const provider = aws({ endpoint: `http://127.0.0.1:${front.port}` });
    opened.push(provider);
    const hanging = sandbox.faults.add({ fault: { kind: "hang" } });
    using ctx = background().withCancel();
    const COUNT = 50;
    const arrived = Array.from({ length: COUNT }, () => Promise.withResolvers<void>());
    const failures = arrived.map(({ resolve }) => {
      const call = callOf({ keys: sandbox.credentialsOf(ACCOUNT), ctx });
      const sent = { ...call, report: { ...call.report, vendorRequest: () => resolve() } };
      return failureOf(machinesOf(provider).get(sent, { ...request(), view: "standard" }));
    });
    await Promise.all(arrived.map(({ promise }) => promise));
    ctx.cancel();
    for (const error of await Promise.all(failures)) expect(error.reason).toBe("ErrCanceled");
    await front.whenIdle();
    hanging.remove();
    const call = callOf({ keys: sandbox.credentialsOf(ACCOUNT) });
    expect((await machinesOf(provider).get(call, { ...request(), view: "standard" })).value.id).toBe(id);
  });
});

describe("the address of AWS", () => {
  it.each([
    ["AWS_ENDPOINT_URL", () => ({ variables: { AWS_ENDPOINT_URL: sandbox.endpoint } })],
    ["AWS_ENDPOINT_URL_EC2", () => ({ variables: { AWS_ENDPOINT_URL_EC2: sandbox.endpoint } })],
    [
      "endpoint_url of the profile that AWS_PROFILE names",
      () => ({ variables: { AWS_PROFILE: "one" }, config: `[profile one]\nendpoint_url = ${sandbox.endpoint}\n` }),
    ],
  ])("comes from %s", async (_what, is) => {
    environment(is());
    expect(await read({})).toBe(id);
  });

  it("comes from the settings before all others", async () => {
    environment({ variables: { AWS_ENDPOINT_URL: "http://127.0.0.1:1" } });
    expect(await read({ endpoint: sandbox.endpoint })).toBe(id);
  });

  it.each(["", "127.0.0.1:4566", "ftp://127.0.0.1", "nonsense"])("is refused at once when it is %j", (endpoint) => {
    expect(() => aws({ endpoint })).toThrow(/\[invalid_argument\].*no URL/);
  });

  it("that nobody listens at is unavailable, and worth another try", async () => {
    environment();
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    for (const host of ["127.0.0.1", "localhost"]) {
      const error = await failureOf(read({ endpoint: `http://${host}:${port}` }));
      expect(error).toMatchObject({ code: "unavailable", reason: "ErrVendorUnavailable", retry: { retryable: true } });
      expect(error.rawMessage).toMatch(
        new RegExp(`Nothing answers on .*:${port} \\(ECONNREFUSED\\).*AWS_ENDPOINT_URL`),
      );
    }
  });

  it("that a variable names without a protocol is refused before anything is sent, by the name of the variable", () => {
    environment({ variables: { AWS_ENDPOINT_URL: "127.0.0.1:4599" } });
    expect(() => aws()).toThrow(/AWS_ENDPOINT_URL is no URL.*http:/);
    expect(() => aws({ endpoint: sandbox.endpoint })).not.toThrow();
  });

  it("that no name server knows is unavailable, with what to check", async () => {
    environment();
    const error = await failureOf(read({ endpoint: "http://ec2.nowhere.invalid" }));
    expect(error).toMatchObject({ code: "unavailable", reason: "ErrVendorUnavailable", retry: { retryable: true } });
    expect(error.rawMessage).toMatch(/could not be found \((ENOTFOUND|EAI_AGAIN)\).*region.*endpoint/);
  });

  it("that speaks something else is named so", async () => {
    environment();
    const wrong = await failureOf(read({ endpoint: `https://127.0.0.1:${sandbox.port}` }));
    expect(wrong).toMatchObject({ reason: "ErrVendorUnavailable" });
    expect(wrong.rawMessage).toMatch(/http or https/);
    const plain = await failureOf(read({ endpoint: `http://127.0.0.1:${front.port}` }));
    expect(plain).toMatchObject({ reason: "ErrVendorUnavailable" });
  });

  it.each([
    [403, "<html><body>Forbidden by policy</body></html>"],
    [302, ""],
    [404, "not found"],
    [400, '{"message":"a gateway"}'],
  ])("that another server answers at, with %d, is named so", async (status, body) => {
    environment();
    await using gateway = await startGateway(status, body);
    const error = await failureOf(read({ endpoint: `http://127.0.0.1:${gateway.port}` }));
    expect(error).toMatchObject({ code: "unavailable", details: { httpStatus: String(status) } });
    expect(error.rawMessage).toMatch(/is not AWS.*endpoint.*proxy/);
  });

  it("that another server answers at with a page of its own is not taken for an empty account", async () => {
    environment();
    await using gateway = await startGateway(200, "<html><body>Welcome to the hotel</body></html>");
    const error = await failureOf(read({ endpoint: `http://127.0.0.1:${gateway.port}` }));
    expect(error).toMatchObject({ code: "internal", reason: "ErrMalformedResponse" });
  });
});

async function startGateway(status: number, body: string): Promise<TestServer> {
  const { createServer: createHttpServer } = await import("node:http");
  const server = createHttpServer((_request, response) => response.writeHead(status).end(body)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
