import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { background, type Lease, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type AwsSettings, aws } from "../src/index.ts";
import { type AwsEnvironment, awsEnvironment } from "./aws-environment.ts";
import { everythingSeenOf, failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { startProxy } from "./network-servers.ts";
import { ACCOUNT, type CallSettings, callOf, leaseOf, refOf, type TestCall } from "./provider-call.ts";

/** The account whose role wants an external id. */
const GUARDED = "333333333333";
const ROLE = `arn:aws:iam::${GUARDED}:role/cloudlink-read`;
const EXTERNAL_ID = `external-${GUARDED}`;

let sandbox: Sandbox;
let folder: (Disposable & { readonly path: string }) | undefined;
const opened: Provider[] = [];

beforeAll(async () => {
  sandbox = await createSandbox();
});
afterAll(async () => await sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
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

function keyVariables(account = ACCOUNT): Record<string, string> {
  const { accessKeyId, secretAccessKey } = sandbox.credentialsOf(account);
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

function keyLines(account = ACCOUNT): string {
  const { accessKeyId, secretAccessKey } = sandbox.credentialsOf(account);
  return `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
}

function providerOf(settings: AwsSettings = {}): Provider {
  const provider = aws({ endpoint: sandbox.endpoint, ...settings });
  opened.push(provider);
  return provider;
}

/** Reads one machine of the account, and says under which requests. */
async function read(provider: Provider, settings: CallSettings = {}): Promise<TestCall> {
  const account = settings.account ?? ACCOUNT;
  const id = sandbox.instances.list({ account, region: "us-east-1" })[0]?.id ?? "";
  const call = callOf({ ...settings, account });
  await machinesOf(provider).get(call, { ref: refOf(id, { account }), view: "standard", native: false });
  return call;
}

describe("AWS's default chain", () => {
  it("takes the keys of the environment", async () => {
    environment({ variables: keyVariables() });
    expect((await read(providerOf())).requests).toEqual(["ec2:DescribeInstances"]);
  });

  it("takes a profile of the settings, or of the lease, which comes first", async () => {
    environment({ config: `[profile one]\n${keyLines()}[profile two]\n${keyLines("222222222222")}` });
    const provider = providerOf({ profile: "one" });
    await read(provider);
    await read(provider, { account: "222222222222", parameters: { profile: "two" } });
    expect(sandbox.requests.entries().map(({ account }) => account)).toEqual([ACCOUNT, "222222222222"]);
  });

  it("assumes the role of a profile, with its source profile and external id, once for all requests of a lease", async () => {
    environment({
      config: `[profile base]\n${keyLines()}
[profile guarded]\nrole_arn = ${ROLE}\nsource_profile = base\nexternal_id = ${EXTERNAL_ID}\nregion = eu-west-1\n`,
    });
    const provider = providerOf({ profile: "guarded" });
    const first = await read(provider, { account: GUARDED });
    expect(first.requests).toEqual(["sts:AssumeRole", "ec2:DescribeInstances"]);
    const second = await read(provider, { account: GUARDED, lease: first.lease });
    expect(second.requests).toEqual(["ec2:DescribeInstances"]);
    expect(await provider.identify(callOf({ account: GUARDED, lease: first.lease }))).toMatchObject({
      account: GUARDED,
      principal: expect.stringContaining("assumed-role/cloudlink-read"),
      regions: ["eu-west-1"],
    });
    expect(sandbox.requests.count({ action: "AssumeRole" })).toBe(1);
  });

  it("says what to check when the external id of a profile is wrong", async () => {
    environment({
      config: `[profile base]\n${keyLines()}
[profile guarded]\nrole_arn = ${ROLE}\nsource_profile = base\nexternal_id = wrong-${EXTERNAL_ID}\n`,
    });
    const error = await failureOf(read(providerOf({ profile: "guarded" }), { account: GUARDED }));
    expect(error).toMatchObject({
      code: "permission_denied",
      reason: "ErrPermissionDenied",
      origin: "credentials",
      operation: "sts:AssumeRole",
    });
    expect(error.rawMessage).toMatch(/profile "guarded".*trust policy.*external id/);
    expect(JSON.stringify(error)).not.toContain(EXTERNAL_ID);
  });

  it("says at once that there are no credentials, and what to set, without a request", async () => {
    environment();
    const call = callOf();
    const ref = refOf("i-0aaaaaaaaaaaaaaaa");
    const error = await failureOf(machinesOf(providerOf()).get(call, { ref, view: "standard", native: false }));
    expect(error).toMatchObject({
      code: "unauthenticated",
      reason: "ErrCredentialsMissing",
      origin: "credentials",
      operation: "ec2:DescribeInstances",
    });
    expect(error.rawMessage).toMatch(/AWS_ACCESS_KEY_ID/);
    expect(error.message).not.toContain("AssumeRole");
    expect(call.requests).toEqual([]);
    expect(sandbox.requests.count()).toBe(0);
  });

  it.each<[string, AwsEnvironment, AwsSettings, CallSettings]>([
    ["the settings", {}, { profile: "nobody" }, {}],
    ["the lease", {}, {}, { parameters: { profile: "nobody" } }],
    ["AWS_PROFILE", { variables: { AWS_PROFILE: "nobody" } }, {}, {}],
  ])(
    "says that the profile which %s names does not exist, and how to list those that do",
    async (_, is, settings, call) => {
      environment({ ...is, config: `[profile one]\n${keyLines()}` });
      const error = await failureOf(read(providerOf(settings), call));
      expect(error).toMatchObject({
        reason: "ErrCredentialsMissing",
        origin: "credentials",
        operation: "ec2:DescribeInstances",
      });
      expect(error.rawMessage).toMatch(/^The profile "nobody" does not exist .*`aws configure list-profiles`/);
      expect(sandbox.requests.count()).toBe(0);
    },
  );

  it("names the profile that is there and has no credentials", async () => {
    environment({ config: "[profile bare]\nregion = eu-west-1\n" });
    const error = await failureOf(read(providerOf({ profile: "bare" })));
    expect(error).toMatchObject({ reason: "ErrCredentialsMissing", operation: "ec2:DescribeInstances" });
    expect(error.rawMessage).toMatch(/^No usable AWS credentials were found for the profile "bare"/);
  });

  it("prints nothing to a user's terminal, even where the SDK would warn of two sources", async () => {
    environment({ variables: { ...keyVariables(), AWS_PROFILE: "one" }, config: `[profile one]\n${keyLines()}` });
    const printed = (["log", "info", "warn", "error", "debug"] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => {}),
    );
    await read(providerOf());
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it("makes one attempt a call, whatever AWS_RETRY_MODE and AWS_MAX_ATTEMPTS say", async () => {
    environment({ variables: { ...keyVariables(), AWS_RETRY_MODE: "adaptive", AWS_MAX_ATTEMPTS: "5" } });
    sandbox.faults.add({ fault: { kind: "throttle" } });
    expect(await failureOf(read(providerOf()))).toMatchObject({ reason: "ErrThrottled" });
    expect(sandbox.requests.count()).toBe(1);
  });

  it("reads files anew for a new lease, and not for one that it has credentials of", async () => {
    environment({ config: `[profile one]\n${keyLines()}` });
    const provider = providerOf({ profile: "one" });
    const { lease } = await read(provider);
    writeFileSync(process.env.AWS_CONFIG_FILE ?? "", `[profile one]\n${keyLines("222222222222")}`);
    await read(provider, { lease });
    await read(provider, { account: "222222222222" });
    expect(sandbox.requests.entries().map(({ account }) => account)).toEqual([ACCOUNT, ACCOUNT, "222222222222"]);
  });
});

describe("a role of the settings", () => {
  const settings = { roleArn: "arn:aws:iam::{account}:role/cloudlink-read", externalId: EXTERNAL_ID };

  it("is assumed in the account of the call", async () => {
    environment({ variables: keyVariables() });
    const provider = providerOf(settings);
    expect((await read(provider, { account: GUARDED })).requests).toEqual(["sts:AssumeRole", "ec2:DescribeInstances"]);
    await read(provider, { account: "222222222222" });
    const assumed = sandbox.requests.entries({ action: "AssumeRole" }).map(({ parameters }) => parameters.RoleArn);
    expect(assumed).toEqual([ROLE, "arn:aws:iam::222222222222:role/cloudlink-read"]);
  });

  it("gives way to the parameters of the lease", async () => {
    environment({ variables: keyVariables() });
    const provider = providerOf({ roleArn: "arn:aws:iam::999999999999:role/nobody", externalId: "wrong" });
    await read(provider, { account: GUARDED, parameters: { roleArn: ROLE, externalId: EXTERNAL_ID } });
  });

  it("is refused with a message that names it when the external id is wrong or missing", async () => {
    environment({ variables: keyVariables() });
    for (const externalId of [`wrong-${EXTERNAL_ID}`, undefined]) {
      const provider = providerOf({ roleArn: ROLE, ...(externalId !== undefined && { externalId }) });
      const error = await failureOf(read(provider, { account: GUARDED }));
      expect(error).toMatchObject({ code: "permission_denied", operation: "sts:AssumeRole", origin: "credentials" });
      expect(error.rawMessage).toContain(ROLE);
      expect(JSON.stringify(error)).not.toContain(EXTERNAL_ID);
    }
  });

  it.each(["garbage", "arn:aws:iam::{account}:user/somebody", "arn:aws:iam::12:role/reader"])(
    "that is no ARN of one is refused before anything is sent: %s",
    async (roleArn) => {
      environment({ variables: keyVariables() });
      const refused = { code: "invalid_argument", reason: "ErrInvalidSettings", origin: "caller" };
      expect(() => aws({ roleArn })).toThrow(expect.objectContaining(refused));
      const call = callOf({ parameters: { roleArn } });
      const error = await failureOf(providerOf().identify(call));
      expect(error).toMatchObject(refused);
      expect(error.rawMessage).toContain("is not the ARN of a role. Write arn:aws:iam::123456789012:role/name");
      expect(sandbox.requests.count()).toBe(0);
      expect(call.requests).toEqual([]);
    },
  );

  it("needs an account where it is one of each", async () => {
    environment({ variables: keyVariables() });
    const nowhere = callOf({ account: "-", region: "-", partition: "-" });
    const error = await failureOf(providerOf(settings).identify(nowhere));
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrUnknownAccount", origin: "caller" });
    expect(sandbox.requests.count()).toBe(0);
  });

  it("is assumed once for calls at once, and the first to leave takes nobody along", async () => {
    environment({ variables: keyVariables() });
    const provider = providerOf(settings);
    const lease = leaseOf({ account: GUARDED });
    const held = sandbox.faults.add({ action: "AssumeRole", fault: { kind: "hold" } });
    const arrived = sandbox.nextRequest({ action: "AssumeRole" });
    using impatient = background().withCancel();
    const left = failureOf(read(provider, { account: GUARDED, lease, ctx: impatient }));
    await arrived;
    const stayed = read(provider, { account: GUARDED, lease });
    impatient.cancel();
    expect((await left).reason).toBe("ErrCanceled");
    held.remove();
    expect((await stayed).requests).toEqual(["ec2:DescribeInstances"]);
    expect(sandbox.requests.count({ action: "AssumeRole" })).toBe(1);
  });

  it("may take ten seconds to assume, and no longer, even for callers without a deadline", async () => {
    environment({ variables: keyVariables() });
    sandbox.faults.add({ action: "AssumeRole", fault: { kind: "hang" } });
    const clock = createManualClock({ nowMs: Date.now() });
    const arrived = sandbox.nextRequest({ action: "AssumeRole" });
    const failure = failureOf(read(providerOf(settings), { account: GUARDED, ctx: background({ clock }) }));
    const entry = await arrived;
    clock.advance(10_000);
    expect(await failure).toMatchObject({ reason: "ErrVendorUnavailable", origin: "credentials" });
    expect((await entry.finished).outcome).toBe("aborted");
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [{ kind: "throttle" } as const, "ErrThrottled"],
    [{ kind: "serverError" } as const, "ErrVendorUnavailable"],
    [{ kind: "error", status: 403, code: "ExpiredToken" } as const, "ErrCredentialsExpired"],
    [{ kind: "error", status: 403, code: "InvalidClientTokenId" } as const, "ErrCredentialsInvalid"],
    [{ kind: "error", status: 400, code: "ValidationError" } as const, "ErrInvalidRequest"],
    [{ kind: "cut" } as const, "ErrVendorUnavailable"],
    [{ kind: "brokenXml" } as const, "ErrMalformedResponse"],
  ])("passes on how STS fails: %j", async (fault, reason) => {
    environment({ variables: keyVariables() });
    sandbox.faults.add({ action: "AssumeRole", fault });
    const error = await failureOf(read(providerOf(settings), { account: GUARDED }));
    expect(error).toMatchObject({ reason, operation: "sts:AssumeRole", origin: "credentials" });
    expect(sandbox.requests.count()).toBe(1);
  });
});

describe("a log-in by SSO", () => {
  const START = "https://example.invalid/start";
  const config = `[profile sso]\nsso_start_url = ${START}\nsso_region = eu-central-1
sso_account_id = ${ACCOUNT}\nsso_role_name = reader\n`;

  /** What `aws sso login` leaves behind. */
  function logIn(expiresAt: Date): void {
    const cache = join(folder?.path ?? "", ".aws/sso/cache");
    mkdirSync(cache, { recursive: true });
    const token = { accessToken: "canary-access-token", expiresAt: expiresAt.toISOString(), region: "eu-central-1" };
    writeFileSync(join(cache, `${createHash("sha1").update(START).digest("hex")}.json`), JSON.stringify(token));
  }

  it("that never was is missing, with what to do", async () => {
    environment({ config });
    const error = await failureOf(read(providerOf({ profile: "sso" })));
    expect(error.reason).toBe("ErrCredentialsMissing");
    expect(error.rawMessage).toContain("aws sso login");
  });

  it("that is over has expired", async () => {
    environment({ config });
    logIn(new Date(Date.now() - 1));
    const error = await failureOf(read(providerOf({ profile: "sso" })));
    expect(error).toMatchObject({ reason: "ErrCredentialsExpired", origin: "credentials" });
    expect(error.rawMessage).toMatch(/profile "sso" has expired.*aws sso login/);
  });

  it("is used in its own region and at AWS's address, not in the call's and at the endpoint of the settings", async () => {
    await using proxy = await startProxy({ answer: "authenticate" });
    environment({ config, variables: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    logIn(new Date(Date.now() + 3_600_000));
    const error = await failureOf(read(providerOf({ profile: "sso" })));
    expect(proxy.tunnels).toEqual(["portal.sso.eu-central-1.amazonaws.com:443"]);
    expect(error).toMatchObject({ origin: "credentials" });
    expect(everythingSeenOf(error)).not.toContain("canary-access-token");
    expect(sandbox.requests.count()).toBe(0);
  });
});

describe("a web identity", () => {
  it("is exchanged by STS at the endpoint of the settings", async () => {
    environment();
    const token = join(folder?.path ?? "", "token");
    writeFileSync(token, "a-token-of-a-web-identity");
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", token);
    vi.stubEnv("AWS_ROLE_ARN", ROLE);
    const call = callOf();
    const ref = refOf("i-0aaaaaaaaaaaaaaaa");
    const error = await failureOf(machinesOf(providerOf()).get(call, { ref, view: "standard", native: false }));
    // The sandbox does not have the action; that it was asked is what matters here.
    expect(sandbox.requests.entries().map(({ action }) => action)).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(call.requests).toEqual(["sts:AssumeRoleWithWebIdentity"]);
    expect(error).toMatchObject({ origin: "credentials" });
    expect(JSON.stringify(error)).not.toContain("a-token-of-a-web-identity");
    rmSync(token);
  });
});

describe("a new lease after the vendor refused the old one", () => {
  it("gets a session of its own", async () => {
    environment({ variables: keyVariables() });
    const provider = providerOf({ roleArn: ROLE, externalId: EXTERNAL_ID });
    const { lease } = await read(provider, { account: GUARDED });
    sandbox.faults.add({ times: 1, fault: { kind: "error", status: 400, code: "RequestExpired" } });
    const error = await failureOf(read(provider, { account: GUARDED, lease }));
    expect(error.reason).toBe("ErrCredentialsExpired");
    const renewed: Lease = leaseOf({ account: GUARDED });
    expect((await read(provider, { account: GUARDED, lease: renewed })).requests).toEqual([
      "sts:AssumeRole",
      "ec2:DescribeInstances",
    ]);
  });
});

describe("the regions of an identity", () => {
  it.each<[string, AwsEnvironment, AwsSettings, readonly string[]]>([
    ["AWS_REGION", { variables: { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" } }, {}, ["eu-west-1"]],
    [
      "AWS_DEFAULT_REGION, which the command line has",
      { variables: { AWS_DEFAULT_REGION: "eu-west-2" } },
      {},
      ["eu-west-2"],
    ],
    ["the default profile", { config: "[default]\nregion = ap-south-1\n" }, {}, ["ap-south-1"]],
    [
      "the profile of the settings",
      { config: "[profile one]\nregion = sa-east-1\n" },
      { profile: "one" },
      ["sa-east-1"],
    ],
    [
      "the settings, before all others",
      { variables: { AWS_REGION: "eu-west-1" } },
      { regions: ["us-west-2"] },
      ["us-west-2"],
    ],
    ["nothing at all", {}, {}, []],
  ])("come from %s", async (_what, is, settings, regions) => {
    environment(is);
    const call = callOf({ keys: sandbox.credentialsOf(ACCOUNT), account: "-", region: "-", partition: "-" });
    expect(await providerOf(settings).identify(call)).toMatchObject({ account: ACCOUNT, regions });
  });

  it("come from the profile that the lease names", async () => {
    environment({ config: `[profile one]\n${keyLines()}region = ca-central-1\n` });
    const call = callOf({ parameters: { profile: "one" }, account: "-", region: "-", partition: "-" });
    expect(await providerOf().identify(call)).toMatchObject({ regions: ["ca-central-1"] });
  });
});
