import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { createManualClock, ec2Of, failureOf, type ManualClock, stsOf } from "../test-support.ts";

let clock: ManualClock;
let sandbox: Sandbox;

beforeEach(async () => {
  clock = createManualClock();
  sandbox = await createSandbox({ clock });
});
afterEach(() => sandbox.close());

const role = (account: string) => ({ RoleArn: `arn:aws:iam::${account}:role/cloudlink-read`, RoleSessionName: "test" });

async function assume(input: AssumeRoleCommandInput) {
  const sts = stsOf(sandbox);
  const { Credentials } = await sts.send(new AssumeRoleCommand(input)).finally(() => sts.destroy());
  return {
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    },
    expiration: Credentials?.Expiration,
  };
}

describe("GetCallerIdentity", () => {
  it("says whose key it is", async () => {
    const sts = stsOf(sandbox, { account: "222222222222" });
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "222222222222",
      Arn: "arn:aws:iam::222222222222:user/cloudlink",
    });
    sts.destroy();
  });
});

describe("AssumeRole", () => {
  it("gives credentials of the role's account that see its instances", async () => {
    const { credentials } = await assume(role("222222222222"));
    const sts = stsOf(sandbox, { credentials });
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "222222222222",
      Arn: "arn:aws:sts::222222222222:assumed-role/cloudlink-read/test",
    });
    const ec2 = ec2Of(sandbox, { credentials });
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    expect(new Set(Reservations.map(({ OwnerId }) => OwnerId))).toEqual(new Set(["222222222222"]));
    sts.destroy();
    ec2.destroy();
  });

  it("expires on the sandbox's clock: RequestExpired at EC2, ExpiredToken at STS", async () => {
    const { credentials, expiration } = await assume({ ...role("222222222222"), DurationSeconds: 900 });
    expect(expiration?.getTime()).toBe(clock.now() + 900_000);
    const ec2 = ec2Of(sandbox, { credentials });
    const sts = stsOf(sandbox, { credentials });
    clock.advance(899_999);
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations?.length).toBeGreaterThan(0);
    clock.advance(1);
    const expired = await failureOf(ec2.send(new DescribeInstancesCommand({})));
    expect(expired).toEqual({ code: "RequestExpired", status: 400, message: "Request has expired." });
    expect(await failureOf(sts.send(new GetCallerIdentityCommand({})))).toMatchObject({
      code: "ExpiredToken",
      status: 403,
    });
    ec2.destroy();
    sts.destroy();
  });

  it("is refused without the role's external id, with another, and for a role that is not there", async () => {
    const right = { ...role("333333333333"), ExternalId: "external-333333333333" };
    await expect(assume(right)).resolves.toHaveProperty("credentials");
    const absent = { ...right, RoleArn: "arn:aws:iam::333333333333:role/nobody" };
    for (const input of [role("333333333333"), { ...right, ExternalId: "wrong" }, absent]) {
      expect(await failureOf(assume(input))).toEqual({
        code: "AccessDenied",
        status: 403,
        message: `User: arn:aws:iam::111111111111:user/cloudlink is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
      });
    }
  });

  it("keeps the external id out of the request log", async () => {
    await assume({ ...role("333333333333"), ExternalId: "external-333333333333" });
    const [entry] = sandbox.requests.entries({ action: "AssumeRole" });
    expect(entry?.parameters).toMatchObject({ RoleSessionName: "test", ExternalId: "[redacted]" });
    expect(JSON.stringify(entry)).not.toContain("external-333333333333");
  });

  it("refuses durations and session names out of bounds", async () => {
    for (const input of [{ DurationSeconds: 899 }, { DurationSeconds: 43_201 }, { RoleSessionName: "no spaces" }]) {
      expect(await failureOf(assume({ ...role("222222222222"), ...input }))).toMatchObject({
        code: "ValidationError",
        status: 400,
      });
    }
  });

  it("limits a role assumed from a role to an hour", async () => {
    const { credentials } = await assume(role("222222222222"));
    const sts = stsOf(sandbox, { credentials });
    const chained = (DurationSeconds: number) =>
      sts.send(new AssumeRoleCommand({ ...role("111111111111"), DurationSeconds }));
    expect(await failureOf(chained(3601))).toMatchObject({ code: "ValidationError" });
    expect((await chained(3600)).Credentials?.AccessKeyId).toMatch(/^ASIA/);
    sts.destroy();
  });
});
