import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createMotoUser } from "./moto-user.ts";
import { motoCredentials, seedMoto } from "./seed-moto.ts";
import { type Moto, startMoto } from "./start-moto.ts";

let moto: Moto;

beforeAll(async () => {
  moto = await startMoto();
}, 600_000);

beforeEach(() => moto.reset());

afterAll(() => moto?.stop());

async function seen(settings: {
  account: string;
  region?: string;
  as?: { accessKeyId: string; secretAccessKey: string };
}) {
  const credentials = settings.as ?? (await motoCredentials({ endpoint: moto.endpoint, account: settings.account }));
  const client = new EC2Client({ endpoint: moto.endpoint, region: settings.region ?? "us-east-1", credentials });
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
  client.destroy();
  return Reservations.flatMap(({ OwnerId, Instances = [] }) =>
    Instances.map((instance) => ({
      id: instance.InstanceId,
      owner: OwnerId,
      state: instance.State?.Name,
      type: instance.InstanceType,
      zone: instance.Placement?.AvailabilityZone,
      tags: Object.fromEntries((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
    })),
  );
}

describe("moto in the test bed", () => {
  test("listens on 127.0.0.1 alone", () => {
    expect(moto.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("has the instances that were seeded, as they were asked for", async () => {
    const [[first] = [], stopped = [], [gone] = []] = await seedMoto({
      endpoint: moto.endpoint,
      instances: [
        { tags: { Name: "web-1" }, type: "m5.large", zone: "us-east-1b" },
        { count: 3, state: "stopped" },
        { state: "terminated" },
      ],
    });
    const instances = await seen({ account: "123456789012" });
    expect(instances.find(({ id }) => id === first)).toEqual({
      id: first,
      owner: "123456789012",
      state: "running",
      type: "m5.large",
      zone: "us-east-1b",
      tags: { Name: "web-1" },
    });
    expect(
      instances
        .filter(({ state }) => state === "stopped")
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...stopped].sort());
    expect(instances.find(({ id }) => id === gone)?.state).toBe("terminated");
  });

  test("keeps accounts and regions apart", async () => {
    const { endpoint } = moto;
    const [[other] = []] = await seedMoto({ endpoint, account: "222222222222", region: "eu-west-1", instances: [{}] });
    expect(await seen({ account: "123456789012", region: "eu-west-1" })).toEqual([]);
    expect(await seen({ account: "222222222222" })).toEqual([]);
    expect(await seen({ account: "222222222222", region: "eu-west-1" })).toMatchObject([
      { id: other, owner: "222222222222" },
    ]);
  });

  test("allows a user without a policy nothing once IAM is enforced", async () => {
    const as = await createMotoUser({ endpoint: moto.endpoint, account: "222222222222" });
    expect(await seen({ account: "222222222222", as })).toEqual([]);
    await moto.enforceIam(true);
    try {
      await expect(seen({ account: "222222222222", as })).rejects.toMatchObject({ name: "AccessDenied" });
    } finally {
      await moto.enforceIam(false);
    }
  });

  test("refuses keys that it does not know once IAM is enforced, and takes any again afterwards", async () => {
    await moto.enforceIam(true);
    try {
      await expect(seen({ account: "123456789012" })).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    } finally {
      await moto.enforceIam(false);
    }
    expect(await seen({ account: "123456789012" })).toEqual([]);
  });
});
