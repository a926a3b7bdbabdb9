import { DescribeInstancesCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { readAuthorization } from "./signature-check.ts";
import { createManualClock, ec2Of, failureOf, type SigningSettings, signedHeaders, stsOf } from "./test-support.ts";
import { VendorError } from "./vendor-error.ts";

const NOT_VALIDATED = "401 AuthFailure AWS was not able to validate the provided access credentials";

let sandbox: Sandbox;

beforeEach(async () => {
  // Years before the machine's time: signatures are held against the machine's, as the SDKs make them.
  const clock = createManualClock(Date.UTC(2020, 0, 1));
  sandbox = await createSandbox({ clock, instances: [{ id: "i-0000000a", state: "stopped" }] });
});
afterEach(() => sandbox.close());

const own = () => sandbox.credentialsOf("111111111111");
const bodyOf = (service: "ec2" | "sts") =>
  `Action=${service === "ec2" ? "DescribeInstances" : "GetCallerIdentity"}&Version=1`;

/** What the sandbox says to a request that is signed as told, after it was changed. */
async function answerTo(
  settings: Partial<SigningSettings>,
  change: (sent: { headers: Record<string, string>; body: string; target: string }) => void = () => undefined,
): Promise<string> {
  const { service = "ec2", target = "/" } = settings;
  const body = bodyOf(service);
  const sent = { headers: signedHeaders(sandbox, { credentials: own(), body, ...settings }), body, target };
  change(sent);
  const init = { method: "POST", headers: sent.headers, body: sent.body };
  const response = await fetch(`${sandbox.endpoint}${sent.target}`, init);
  const text = await response.text();
  if (response.ok) return "200";
  const [, code, message] = /<Code>([^<]*)<\/Code><Message>([^<]*)/.exec(text) ?? [];
  return `${response.status} ${code} ${message?.replaceAll("&apos;", "'")}`;
}

describe("a signature", () => {
  it("of AWS's own SDK is taken, with permanent and with temporary credentials", async () => {
    for (const credentials of [own(), sandbox.issueSession({ account: "111111111111" })]) {
      const ec2 = ec2Of(sandbox, { credentials });
      const sts = stsOf(sandbox, { credentials });
      await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:näme", Values: ["a b+c/%&=~*'"] }] }));
      await sts.send(new GetCallerIdentityCommand({}));
      ec2.destroy();
      sts.destroy();
    }
  });

  it("with another secret is refused: AuthFailure at EC2, SignatureDoesNotMatch at STS, and nothing is done", async () => {
    const credentials = { ...own(), secretAccessKey: "wrong" };
    const ec2 = ec2Of(sandbox, { credentials });
    const sts = stsOf(sandbox, { credentials });
    const start = new StartInstancesCommand({ InstanceIds: ["i-0000000a"] });
    expect(await failureOf(ec2.send(start))).toMatchObject({ code: "AuthFailure", status: 401 });
    expect(await failureOf(sts.send(new GetCallerIdentityCommand({})))).toMatchObject({
      code: "SignatureDoesNotMatch",
      status: 403,
      message: expect.stringContaining("The request signature we calculated does not match"),
    });
    expect(sandbox.actions.count()).toBe(0);
    ec2.destroy();
    sts.destroy();
  });

  it("covers the body, the query, the token and every header it names", async () => {
    expect(await answerTo({})).toBe("200");
    expect(await answerTo({}, (sent) => (sent.body += "&x=1"))).toBe(NOT_VALIDATED);
    expect(await answerTo({}, (sent) => (sent.target = "/?x=1"))).toBe(NOT_VALIDATED);
    expect(await answerTo({ target: "/?x=1" })).toBe("200");
    const session = sandbox.issueSession({ account: "111111111111" });
    expect(await answerTo({ credentials: session })).toBe("200");
    const other = sandbox.issueSession({ account: "111111111111" }).sessionToken;
    expect(await answerTo({ credentials: session }, ({ headers }) => (headers["x-amz-security-token"] = other))).toBe(
      NOT_VALIDATED,
    );
    const later = ({ headers }: { headers: Record<string, string> }) => {
      headers["x-amz-date"] = `${headers["x-amz-date"]?.slice(0, -3)}99Z`;
    };
    expect(await answerTo({}, later)).toBe(NOT_VALIDATED);
  });

  it("is for one region and service", async () => {
    const swap = (from: string, to: string) => (sent: { headers: Record<string, string> }) => {
      sent.headers.authorization = sent.headers.authorization?.replace(from, to) ?? "";
    };
    expect(await answerTo({}, swap("us-east-1", "eu-west-1"))).toBe(NOT_VALIDATED);
    expect(await answerTo({}, swap("/ec2/", "/s3/"))).toMatch(/^403 SignatureDoesNotMatch Credential should be scoped/);
  });

  it("must sign the host, with the day of its own date", async () => {
    const unsigned = { signedHeaders: ["x-amz-date"] };
    expect(await answerTo(unsigned)).toBe(NOT_VALIDATED);
    expect(await answerTo({ ...unsigned, service: "sts" })).toContain("must be a 'SignedHeader'");
    expect(await answerTo({ date: "20200101" })).toBe(NOT_VALIDATED);
    expect(await answerTo({ date: "20200101", service: "sts" })).toMatch(
      /^403 SignatureDoesNotMatch Date in Credential scope does not match YYYYMMDD/,
    );
  });

  it("must say when it was made, by X-Amz-Date or by Date", async () => {
    const without = ({ headers }: { headers: Record<string, string> }) => delete headers["x-amz-date"];
    expect(await answerTo({}, without)).toMatch(/^400 IncompleteSignature Authorization header requires existence/);
    const dated = (sent: { headers: Record<string, string> }) => {
      without(sent);
      sent.headers.date = new Date().toUTCString();
    };
    expect(await answerTo({ signedHeaders: ["host"] }, dated)).toBe("200");
  });

  it.each([
    [
      "five minutes and a bit old",
      -301_000,
      /^400 RequestExpired Request has expired\.$/,
      /Signature expired: \w+ is now/,
    ],
    ["six minutes early", 360_000, /^400 RequestExpired/, /Signature not yet current: \w+ is still later/],
    ["of another year", -31_536_000_000, /^400 RequestExpired/, /^403 SignatureDoesNotMatch Signature expired/],
  ])("that is %s is refused, whatever the sandbox's clock says", async (_case, offsetMs, atEc2, atSts) => {
    const nowMs = Date.now() + offsetMs;
    expect(await answerTo({ nowMs })).toMatch(atEc2);
    expect(await answerTo({ nowMs, service: "sts" })).toMatch(atSts);
  });

  it("that is four minutes off either way is taken", async () => {
    expect(await answerTo({ nowMs: Date.now() - 240_000 })).toBe("200");
    expect(await answerTo({ nowMs: Date.now() + 240_000 })).toBe("200");
  });

  it("is good for as many regions and days as are asked for", async () => {
    for (let n = 0; n < 1_010; n++) expect(await answerTo({ region: `xx-test-${n}` })).toBe("200");
  });
});

describe("an Authorization header", () => {
  it("that lacks a part says which", () => {
    const whole = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00";
    expect(readAuthorization(whole).signature).toBe("00");
    for (const part of ["Credential", "SignedHeaders", "Signature"]) {
      const lacking = whole.replace(new RegExp(`${part}=[^, ]*`), "");
      expect(() => readAuthorization(lacking)).toThrow(`Authorization header requires '${part}' parameter.`);
    }
    expect(() => readAuthorization("Basic abc")).toThrow("Unsupported AWS 'algorithm'");
  });

  it("never fails but with an answer of AWS's, and never repeats itself", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), (header) => {
        try {
          readAuthorization(header);
        } catch (error) {
          expect(error).toBeInstanceOf(VendorError);
          if (header.length > 20) expect(String(error)).not.toContain(header);
        }
      }),
    );
  });
});
