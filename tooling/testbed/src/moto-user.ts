import { motoCredentials } from "./seed-moto.ts";

/** Keys that do not expire. */
export interface MotoUserKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Makes an IAM user with a key and without a policy: once IAM is enforced, moto knows who it is and allows it nothing.
 * IAM is asked by hand, which takes two requests, for the sake of one dependency less.
 */
export async function createMotoUser(request: {
  readonly endpoint: string;
  readonly account: string;
}): Promise<MotoUserKeys> {
  const { accessKeyId: caller } = await motoCredentials(request);
  const UserName = "testbed";
  const ask = (action: string) =>
    askIam({ endpoint: request.endpoint, caller, parameters: { Action: action, UserName } });
  await ask("CreateUser");
  const answer = await ask("CreateAccessKey");
  const field = (name: string) => {
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1];
    if (value === undefined) throw new Error(`moto's answer to CreateAccessKey has no ${name}`);
    return value;
  };
  return { accessKeyId: field("AccessKeyId"), secretAccessKey: field("SecretAccessKey") };
}

async function askIam(request: {
  readonly endpoint: string;
  readonly caller: string;
  readonly parameters: Readonly<Record<string, string>>;
}): Promise<string> {
  const { endpoint, caller, parameters } = request;
  const response = await fetch(endpoint, {
    method: "POST",
    // moto reads account and service from the credential's scope, and checks the signature only once it is told to.
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${caller}/20260101/us-east-1/iam/aws4_request` },
    body: new URLSearchParams({ ...parameters, Version: "2010-05-08" }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`moto answered ${response.status} to ${parameters.Action}: ${text.slice(0, 200)}`);
  return text;
}
