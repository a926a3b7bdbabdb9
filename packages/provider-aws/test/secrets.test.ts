import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { background, type CloudLinkError } from "@cloudlink/core";
import { createSandbox, type Fault, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type AwsSettings, aws } from "../src/index.ts";
import { awsEnvironment } from "./aws-environment.ts";
import { everythingSeenOf, failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { ACCOUNT, callOf, refOf } from "./provider-call.ts";

/** What must not come out anywhere, plain or in another spelling. */
const canaries = {
  secretAccessKey: "CANARYsecretwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
  sessionToken: `CANARYtoken/${"Az09+/".repeat(40)}==`,
  externalId: "CANARY-external-id",
  password: "CANARYpassword",
};

function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // Without its edges, base64 of a secret in the middle of a text is the same three ways.
  const inner = [0, 1, 2].map((shift) => bytes.subarray(shift).toString("base64").slice(0, -4).replaceAll("=", ""));
  return [secret, bytes.toString("hex"), encodeURIComponent(secret), ...inner, bytes.toString("base64url")];
}

const ID = "i-0123456789abcdef0";
let sandbox: Sandbox;
let echo: { readonly endpoint: string; close(): void };

beforeAll(async () => {
  sandbox = await createSandbox();
  echo = await startEcho();
});
afterAll(async () => {
  echo.close();
  await sandbox.close();
});
afterEach(() => {
  sandbox.faults.clear();
  vi.unstubAllEnvs();
});

/** A server that answers every request with an error that quotes all of it, as AWS does for a signature that does not match. */
async function startEcho() {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const quoted = [JSON.stringify(request.headers), Buffer.concat(chunks).toString()].join("\n");
      const text = decodeURIComponent(quoted).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      const code = request.url?.replaceAll("/", "");
      response.writeHead(403, { "x-amzn-requestid": "1-2-3" });
      response.end(
        `<Response><Errors><Error><Code>${code}</Code><Message>${text}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
      );
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readWith(settings: AwsSettings, ctx = background()): Promise<CloudLinkError> {
  const provider = aws(settings);
  const keys = { accessKeyId: `AKIA${ACCOUNT}DEMO`, ...canaries };
  const read = machinesOf(provider).get(callOf({ keys, ctx }), { ref: refOf(ID), view: "health", native: true });
  const error = await failureOf(read);
  await provider.close();
  return error;
}

function expectClean(error: CloudLinkError): void {
  const seen = everythingSeenOf(error);
  for (const secret of Object.values(canaries)) {
    for (const spelling of spellingsOf(secret)) expect(seen).not.toContain(spelling);
  }
  expect(seen).not.toMatch(/AWS4-HMAC-SHA256|Signature=|CANARY/);
}

describe("no secret of a lease is in the error of", () => {
  it.each<[Fault]>([
    [{ kind: "throttle" }],
    [{ kind: "serverError" }],
    [{ kind: "brokenXml" }],
    [{ kind: "truncated" }],
    [{ kind: "cut" }],
    [{ kind: "error", status: 400, code: "RequestExpired" }],
    [{ kind: "error", status: 400, code: "SomethingNew", message: canaries.sessionToken }],
    [{ kind: "error", status: 400, code: "InvalidParameterValue", message: `'${canaries.sessionToken}' is not good` }],
  ])("the fault %j", async (fault) => {
    sandbox.faults.add({ fault });
    expectClean(await readWith({ endpoint: sandbox.endpoint }));
  });

  it("credentials that EC2 refuses, or a deadline", async () => {
    expectClean(await readWith({ endpoint: sandbox.endpoint }));
    expectClean(await readWith({ endpoint: sandbox.endpoint }, background().withTimeout(0)));
  });

  it.each(["http://127.0.0.1:1", "http://nowhere.invalid", `http://127.0.0.1:1/${canaries.password}`])(
    "an endpoint that does not answer: %s",
    async (endpoint) => {
      expectClean(await readWith({ endpoint }));
    },
  );

  it.each(["SignatureDoesNotMatch", "IncompleteSignature", "AccessDenied", "SomethingNew", "InvalidParameterValue"])(
    "an answer %s that quotes the request with its headers",
    async (code) => {
      const error = await readWith({ endpoint: `${echo.endpoint}/${code}` });
      expect(error.details?.vendorCode).toBe(code);
      expectClean(error);
    },
  );

  it("a role that is refused with the request in AWS's words", async () => {
    const variables = { AWS_ACCESS_KEY_ID: "AKIACANARYNOT", AWS_SECRET_ACCESS_KEY: canaries.secretAccessKey };
    using _folder = awsEnvironment({ variables: { ...variables, AWS_SESSION_TOKEN: canaries.sessionToken } });
    for (const code of ["AccessDenied", "ValidationError", "SomethingNew"]) {
      const provider = aws({
        endpoint: `${echo.endpoint}/${code}`,
        roleArn: `arn:aws:iam::${ACCOUNT}:role/reader`,
        externalId: canaries.externalId,
      });
      const request = { ref: refOf(ID), view: "standard", native: false };
      const error = await failureOf(machinesOf(provider).get(callOf(), request));
      expect(error).toMatchObject({ operation: "sts:AssumeRole", details: { vendorCode: code } });
      const seen = everythingSeenOf(error);
      for (const secret of Object.values(canaries)) {
        for (const spelling of spellingsOf(secret)) expect(seen).not.toContain(spelling);
      }
      await provider.close();
    }
  });
});

describe("the search itself", () => {
  it("finds a secret that somebody left in a cause", () => {
    const error = Object.assign(new Error("m"), { cause: { request: { headers: { token: canaries.sessionToken } } } });
    expect(everythingSeenOf(error)).toContain(canaries.sessionToken.slice(0, 40));
  });
});
