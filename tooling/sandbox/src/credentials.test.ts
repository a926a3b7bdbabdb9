import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { ec2Of, failureOf, stsOf } from "./test-support.ts";

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox.close());

async function ask(settings: Parameters<typeof ec2Of>[1]) {
  const ec2 = ec2Of(sandbox, settings);
  const sts = stsOf(sandbox, settings);
  const failures = {
    ec2: await failureOf(ec2.send(new DescribeInstancesCommand({}))),
    sts: await failureOf(sts.send(new GetCallerIdentityCommand({}))),
  };
  ec2.destroy();
  sts.destroy();
  return failures;
}

async function post(headers: Record<string, string>): Promise<string> {
  const response = await fetch(sandbox.endpoint, { method: "POST", headers, body: "Action=DescribeInstances" });
  return `${response.status} ${/<Code>([^<]+)/.exec(await response.text())?.[1]}`;
}

describe("credentials", () => {
  it("are refused when unknown: AuthFailure at EC2, InvalidClientTokenId at STS", async () => {
    const failures = await ask({ credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } });
    expect(failures.ec2).toMatchObject({ code: "AuthFailure", status: 401 });
    expect(failures.sts).toMatchObject({ code: "InvalidClientTokenId", status: 403 });
  });

  it("are refused when the session token is missing, wrong or revoked", async () => {
    const session = sandbox.issueSession({ account: "111111111111" });
    const { sessionToken: _, ...tokenless } = session;
    expect((await ask({ credentials: tokenless })).ec2.code).toBe("AuthFailure");
    expect((await ask({ credentials: { ...session, sessionToken: "wrong" } })).ec2.code).toBe("AuthFailure");
    expect(sandbox.revokeKey(session.accessKeyId)).toBe(true);
    expect((await ask({ credentials: session })).sts.code).toBe("InvalidClientTokenId");
  });

  it("that may do nothing get EC2's full explanation", async () => {
    const [, denied] = sandbox.accounts[0]?.accessKeys ?? [];
    const ec2 = ec2Of(sandbox, denied === undefined ? {} : { credentials: denied });
    expect(await failureOf(ec2.send(new DescribeInstancesCommand({})))).toEqual({
      code: "UnauthorizedOperation",
      status: 403,
      message:
        "You are not authorized to perform this operation. User: arn:aws:iam::111111111111:user/intern is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action",
    });
    ec2.destroy();
  });

  it("decide the account, and the scope of the signature the region", async () => {
    const ec2 = ec2Of(sandbox, { account: "333333333333", region: "eu-west-1" });
    await ec2.send(new DescribeInstancesCommand({}));
    ec2.destroy();
    expect(sandbox.requests.entries()).toMatchObject([
      { account: "333333333333", region: "eu-west-1", outcome: "completed" },
    ]);
  });

  it("have to be there, whole and for the right service", async () => {
    expect(await post({})).toBe("403 MissingAuthenticationToken");
    expect(await post({ authorization: "AWS4-HMAC-SHA256 nonsense" })).toBe("400 IncompleteSignature");
    const credential = "Credential=AKIA111111111111DEMO/20261123/us-east-1/s3/aws4_request";
    expect(await post({ authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=00` })).toBe(
      "403 SignatureDoesNotMatch",
    );
  });
});
