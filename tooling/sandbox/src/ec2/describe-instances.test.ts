import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type Instance,
  paginateDescribeInstances,
} from "@aws-sdk/client-ec2";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InstanceSettings } from "../instance.ts";
import { createSandbox, type Sandbox, type SandboxSettings } from "../sandbox.ts";
import { createManualClock, ec2Of, failureOf, type ManualClock } from "../test-support.ts";

let clock: ManualClock;
let sandbox: Sandbox;

beforeEach(async () => {
  clock = createManualClock();
  sandbox = await createSandbox({ clock });
});
afterEach(() => sandbox.close());

async function describeAll(input: DescribeInstancesCommandInput = {}, on: Sandbox = sandbox): Promise<Instance[]> {
  const ec2 = ec2Of(on);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
  ec2.destroy();
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

async function refused(input: DescribeInstancesCommandInput, on: Sandbox = sandbox) {
  const ec2 = ec2Of(on);
  const failure = await failureOf(ec2.send(new DescribeInstancesCommand(input)));
  ec2.destroy();
  return failure;
}

const idsOf = (instances: readonly { InstanceId?: string | undefined }[]) =>
  instances.map(({ InstanceId }) => InstanceId ?? "").sort();
const here = { account: "111111111111", region: "us-east-1" } as const;

async function withSandbox<T>(settings: SandboxSettings, use: (other: Sandbox) => Promise<T>): Promise<T> {
  await using other = await createSandbox({ clock, ...settings });
  return await use(other);
}

describe("DescribeInstances", () => {
  it("answers what the SDK parses into the true state, addresses, placement and tags of every instance", async () => {
    const instances = await describeAll();
    expect(idsOf(instances)).toEqual(
      sandbox.instances
        .list(here)
        .map(({ id }) => id)
        .sort(),
    );
    for (const instance of instances) {
      const truth = sandbox.instances.get(instance.InstanceId ?? "");
      expect(instance.State?.Name).toBe(truth?.state);
      expect(instance.State?.Code).toBe(truth?.stateCode);
      expect(instance.PublicIpAddress).toBe(truth?.publicIp);
      expect(instance.Placement?.AvailabilityZone).toBe(truth?.availabilityZone);
      expect(instance.LaunchTime?.getTime()).toBe(truth?.startedAtMs);
      for (const { Ebs } of instance.BlockDeviceMappings ?? []) {
        expect(Ebs?.AttachTime?.getTime()).toBeLessThanOrEqual(truth?.startedAtMs ?? 0);
      }
      expect(Object.fromEntries((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toEqual(truth?.tags);
    }
  });

  it("answers the same with the whitespace of the real service", async () => {
    const compact = await describeAll();
    await withSandbox({ indented: true }, async (indented) => {
      expect(await describeAll({}, indented)).toEqual(compact);
    });
  });

  it("carries any tag a user can write through XML unharmed", async () => {
    await withSandbox({ instances: [{ id: "i-0000000000000000f", state: "running" }] }, async (other) => {
      const text = fc
        .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
        .filter((value) => value.trim() === value);
      await fc.assert(
        fc.asyncProperty(fc.dictionary(text, text, { minKeys: 1, maxKeys: 4 }), async (tags) => {
          other.instances.put({ id: "i-0000000000000000f", state: "running", tags });
          const [instance] = await describeAll({ InstanceIds: ["i-0000000000000000f"] }, other);
          expect((instance?.Tags ?? []).map(({ Key, Value }) => [Key, Value])).toEqual(Object.entries(tags));
        }),
        { numRuns: 30 },
      );
    });
  });

  it("lists in an order that is not that of the ids", async () => {
    const ids = (await describeAll()).map(({ InstanceId }) => InstanceId);
    expect(ids).not.toEqual(ids.toSorted());
  });

  it("puts the instances of one launch into one reservation", async () => {
    const ec2 = ec2Of(sandbox);
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    ec2.destroy();
    expect(Reservations.map(({ Instances }) => Instances?.length)).toContain(2);
    expect(new Set(Reservations.map(({ ReservationId }) => ReservationId)).size).toBe(Reservations.length);
  });

  it("takes a stopped instance's public address away, and all but its name from a terminated one", async () => {
    const settings: InstanceSettings = { publicIp: "198.18.0.7", ipv6: false };
    const instances = [
      { ...settings, id: "i-0000000a", state: "running" as const },
      { ...settings, id: "i-0000000b", state: "stopped" as const },
      { ...settings, id: "i-0000000c", state: "terminated" as const },
    ];
    await withSandbox({ instances }, async (other) => {
      const byId = new Map((await describeAll({}, other)).map((instance) => [instance.InstanceId, instance]));
      expect(byId.get("i-0000000a")?.PublicIpAddress).toBe("198.18.0.7");
      expect(byId.get("i-0000000b")?.PublicIpAddress).toBeUndefined();
      expect(byId.get("i-0000000b")?.PrivateIpAddress).toBeDefined();
      expect(byId.get("i-0000000b")?.StateTransitionReason).toMatch(
        /^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/,
      );
      expect(byId.get("i-0000000c")).toMatchObject({ NetworkInterfaces: [], BlockDeviceMappings: [] });
      expect(byId.get("i-0000000c")?.VpcId).toBeUndefined();
    });
  });

  it("follows the clock", async () => {
    const id = "i-00000000000000001";
    await withSandbox({ instances: [{ id }] }, async (other) => {
      const seen = new Set<string | undefined>();
      for (let hour = 0; hour < 48; hour++) {
        clock.advance(3_600_000);
        const [instance] = await describeAll({ InstanceIds: [id] }, other);
        expect(instance?.State?.Name).toBe(other.instances.get(id)?.state);
        seen.add(instance?.State?.Name);
      }
      expect(seen).toContain("running");
      expect(seen).toContain("stopped");
    });
  });
});

describe("DescribeInstances by id", () => {
  it("fails the whole call for one id that is absent, in another region or another account's", async () => {
    const [known] = sandbox.instances.list(here);
    const [elsewhere] = sandbox.instances.list({ account: "111111111111", region: "eu-west-1" });
    const [foreign] = sandbox.instances.list({ account: "222222222222", region: "us-east-1" });
    for (const id of ["i-0123456789abcdef0", elsewhere?.id ?? "", foreign?.id ?? ""]) {
      expect(await refused({ InstanceIds: [known?.id ?? "", id] })).toEqual({
        code: "InvalidInstanceID.NotFound",
        status: 400,
        message: `The instance ID '${id}' does not exist`,
      });
    }
    const two = await refused({ InstanceIds: ["i-0123456789abcdef0", "i-0123456789abcdef1"] });
    expect(two.message).toBe("The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist");
  });

  it.each(["nonsense", "i-", "i-0123", "i-0123456789ABCDEF0", "i-0123456789abcdef00", ""])(
    "calls %j malformed",
    async (id) => {
      expect(await refused({ InstanceIds: [id] })).toMatchObject({
        code: "InvalidInstanceID.Malformed",
        status: 400,
        message: `Invalid id: "${id}"`,
      });
    },
  );

  it("leaves absent ids of an instance-id filter out without a word, up to 200 of them", async () => {
    const [known] = sandbox.instances.list(here);
    const absent = Array.from({ length: 199 }, (_, n) => `i-0000000000000${String(n).padStart(4, "0")}`);
    const filter = (values: string[]) => ({ Filters: [{ Name: "instance-id", Values: values }] });
    expect(idsOf(await describeAll(filter([known?.id ?? "", ...absent])))).toEqual([known?.id]);
    expect(await refused(filter([known?.id ?? "", ...absent, "i-1"]))).toMatchObject({
      code: "FilterLimitExceeded",
      status: 400,
    });
  });
});

describe("DescribeInstances with filters", () => {
  it.each([
    ["instance-state-name", ["running", "stop*"]],
    ["tag:env", ["prod"]],
    ["tag:Name", ["*-prod-*"]],
    ["tag-key", ["aws:autoscaling:groupName"]],
    ["instance-type", ["t3.*"]],
    ["availability-zone", ["us-east-1?"]],
  ])("%s selects what the truth says", async (name, values) => {
    const like = values.map(
      (value) => new RegExp(`^${value.replace(/[.]/g, "\\.").replace(/\*/g, ".*").replace(/\?/g, ".?")}$`),
    );
    const wanted = sandbox.instances.list(here).filter((truth) => {
      const texts: Readonly<Record<string, readonly string[]>> = {
        "instance-state-name": [truth.state],
        "tag:env": [truth.tags.env ?? ""],
        "tag:Name": [truth.tags.Name ?? ""],
        "tag-key": Object.keys(truth.tags),
        "instance-type": [truth.instanceType],
        "availability-zone": [truth.availabilityZone],
      };
      return texts[name]?.some((text) => like.some((pattern) => pattern.test(text)));
    });
    expect(wanted.length).toBeGreaterThan(0);
    expect(idsOf(await describeAll({ Filters: [{ Name: name, Values: values }] }))).toEqual(
      wanted.map(({ id }) => id).sort(),
    );
  });

  it("refuses a filter that it does not have", async () => {
    expect(await refused({ Filters: [{ Name: "colour", Values: ["red"] }] })).toEqual({
      code: "InvalidParameterValue",
      status: 400,
      message: "The filter 'colour' is invalid",
    });
  });
});

describe("DescribeInstances page by page", () => {
  it("refuses pages under 5, over 1,000 and together with ids", async () => {
    const [known] = sandbox.instances.list(here);
    expect(await refused({ MaxResults: 4 })).toMatchObject({ code: "InvalidParameterValue", status: 400 });
    expect(await refused({ MaxResults: 1001 })).toMatchObject({ code: "InvalidParameterValue", status: 400 });
    expect(await refused({ MaxResults: 5, InstanceIds: [known?.id ?? ""] })).toEqual({
      code: "InvalidParameterCombination",
      status: 400,
      message: "The parameter instancesSet cannot be used with the parameter maxResults",
    });
  });

  it("meets every instance exactly once while states change and others come and go", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          count: fc.integer({ min: 0, max: 60 }),
          pageSize: fc.integer({ min: 5, max: 20 }),
          minutes: fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 5 }),
          sparsePages: fc.boolean(),
        }),
        async ({ count, pageSize, minutes, sparsePages }) => {
          const fleet = { ...here, count };
          await withSandbox({ fleet, sparsePages, tokenTtlMs: 86_400_000 }, async (other) => {
            const stayers = other.instances
              .list()
              .map(({ id }) => id)
              .sort();
            const client = ec2Of(other);
            const seen: string[] = [];
            let page = 0;
            for await (const { Reservations = [] } of paginateDescribeInstances({ client, pageSize }, {})) {
              seen.push(
                ...Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId ?? "")),
              );
              clock.advance((minutes[page % minutes.length] ?? 0) * 60_000);
              if (page > 0) other.instances.remove(`i-0000000${page - 1}`);
              other.instances.put({ ...here, id: `i-0000000${page++ % 10}` });
            }
            client.destroy();
            expect(new Set(seen).size).toBe(seen.length);
            expect(seen.filter((id) => id.length === 19).sort()).toEqual(stayers);
          });
        },
      ),
      { numRuns: 25 },
    );
  });

  it("gives empty pages that lead on when pages are sparse", async () => {
    const fleet = { ...here, count: 12 };
    await withSandbox({ fleet, sparsePages: true }, async (other) => {
      const ec2 = ec2Of(other);
      const input = { MaxResults: 5, Filters: [{ Name: "tag:Name", Values: ["no such name*"] }] };
      const first = await ec2.send(new DescribeInstancesCommand(input));
      expect(first.Reservations).toEqual([]);
      expect(first.NextToken).toBeDefined();
      ec2.destroy();
    });
  });

  it("refuses a token that is forged, foreign, of another question, or stale", async () => {
    const ec2 = ec2Of(sandbox);
    const { NextToken = "" } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    const stranger = ec2Of(sandbox, { account: "222222222222" });
    const unreadable = { code: "InvalidParameterValue", status: 400, message: "Unable to parse pagination token" };
    const next = { MaxResults: 5, NextToken };
    expect(await refused({ ...next, NextToken: "garbage" })).toEqual(unreadable);
    expect(await refused({ ...next, Filters: [{ Name: "tag:env", Values: ["prod"] }] })).toEqual(unreadable);
    expect(await failureOf(stranger.send(new DescribeInstancesCommand(next)))).toEqual(unreadable);
    expect((await ec2.send(new DescribeInstancesCommand(next))).Reservations?.length).toBeGreaterThan(0);
    clock.advance(3_600_000);
    expect(await refused(next)).toMatchObject({ code: "InvalidPaginationToken", status: 400 });
    ec2.destroy();
    stranger.destroy();
  });
});
