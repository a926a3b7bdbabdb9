import {
  DescribeImagesCommand,
  EC2Client,
  type _InstanceType as InstanceType,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

/** The account that keys belong to which moto has not issued (moto documentation, "Multi-account support"). */
export const MOTO_DEFAULT_ACCOUNT = "123456789012";

/** Keys as AWS SDKs take them. */
export interface MotoCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Instances that are alike. */
export interface MotoInstances {
  /** How many, each with a reservation of its own: pages of moto count reservations. Default 1. */
  readonly count?: number;
  readonly type?: string;
  readonly zone?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default: running. */
  readonly state?: "running" | "stopped" | "terminated";
}

export interface SeedSettings {
  readonly endpoint: string;
  readonly instances: readonly MotoInstances[];
  readonly region?: string;
  /** Default: {@link MOTO_DEFAULT_ACCOUNT}. */
  readonly account?: string;
}

/** Requests under way at a time: moto answers some 200 a second, whatever it is sent. */
const PARALLEL = 8;

/** Makes instances by RunInstances. @returns their ids, a list per entry of the request. */
export async function seedMoto(settings: SeedSettings): Promise<readonly (readonly string[])[]> {
  const { endpoint, region = "us-east-1", account = MOTO_DEFAULT_ACCOUNT } = settings;
  const credentials = await motoCredentials({ endpoint, account });
  const client = new EC2Client({ endpoint, region, credentials });
  try {
    const imageId = await anyImage(client);
    const ids: string[][] = [];
    for (const group of settings.instances) {
      const made = await inParallel(group.count ?? 1, () => runInstance(client, { group, imageId }));
      await bringInto(client, { ids: made, state: group.state ?? "running" });
      ids.push(made);
    }
    return ids;
  } finally {
    client.destroy();
  }
}

/** Keys of an account of moto's, which it makes up when a role in it is assumed. */
export async function motoCredentials(request: { endpoint: string; account: string }): Promise<MotoCredentials> {
  const { endpoint, account } = request;
  // Any keys: moto checks none until it is told to.
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new STSClient({ endpoint, region: "us-east-1", credentials });
  try {
    const { Credentials: issued } = await client.send(
      new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/testbed`, RoleSessionName: "testbed" }),
    );
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = issued ?? {};
    if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
      throw new Error("moto's answer to AssumeRole has no credentials");
    }
    return { accessKeyId, secretAccessKey, sessionToken };
  } finally {
    client.destroy();
  }
}

async function anyImage(client: EC2Client): Promise<string> {
  const { Images: images = [] } = await client.send(
    new DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }),
  );
  const id = images[0]?.ImageId;
  if (id === undefined) throw new Error("moto has no image to make instances from");
  return id;
}

async function runInstance(client: EC2Client, request: { group: MotoInstances; imageId: string }): Promise<string> {
  const { group, imageId } = request;
  const tags = Object.entries(group.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  const { Instances: instances = [] } = await client.send(
    new RunInstancesCommand({
      ImageId: imageId,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: (group.type ?? "t3.micro") as InstanceType,
      ...(group.zone !== undefined && { Placement: { AvailabilityZone: group.zone } }),
      ...(tags.length > 0 && { TagSpecifications: [{ ResourceType: "instance", Tags: tags }] }),
    }),
  );
  const id = instances[0]?.InstanceId;
  if (id === undefined) throw new Error("moto's answer to RunInstances has no instance");
  return id;
}

async function bringInto(client: EC2Client, request: { ids: string[]; state: string }): Promise<void> {
  const { ids, state } = request;
  if (ids.length === 0) return;
  if (state === "stopped") await client.send(new StopInstancesCommand({ InstanceIds: ids }));
  if (state === "terminated") await client.send(new TerminateInstancesCommand({ InstanceIds: ids }));
}

async function inParallel<Result>(count: number, run: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let started = 0;
  const worker = async () => {
    while (started < count) {
      started += 1;
      results.push(await run());
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, worker));
  return results;
}
