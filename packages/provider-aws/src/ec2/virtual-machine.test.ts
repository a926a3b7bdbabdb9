import type { Instance, InstanceStatus } from "@aws-sdk/client-ec2";
import { VirtualMachine } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MalformedAnswer } from "../xml/malformed-answer.ts";
import { rawStateOf, toHealth, toVirtualMachine } from "./virtual-machine.ts";

const ID = "i-0123456789abcdef0";

function mapped(instance: Instance) {
  return toVirtualMachine({ InstanceId: ID, ...instance }, "eu-west-1");
}

describe("the state", () => {
  it.each([
    [0, "pending", "starting", "no"],
    [16, "running", "running", "yes"],
    [32, "shutting-down", "deleting", "no"],
    [48, "terminated", "deleted", "no"],
    [64, "stopping", "stopping", "no"],
    [80, "stopped", "stopped", "no"],
  ] as const)("%d is %s at EC2 and %s here, billed: %s", (code, raw, powerState, billed) => {
    const vm = mapped({ State: { Code: code, Name: raw } });
    expect(vm).toMatchObject({ rawState: raw, powerState, billed });
    expect(rawStateOf(powerState)).toBe(raw);
    // Without EC2's word, the code says it.
    expect(mapped({ State: { Code: code } }).rawState).toBe(raw);
  });

  it.each([0x0110, 0xff10, 0x10010])("counts the low byte of the code alone: %d", (code) => {
    expect(mapped({ State: { Code: code, Name: "running" } }).powerState).toBe("running");
  });

  it("is unknown, with EC2's word for it, where the code is one that nobody knew", () => {
    const vm = mapped({ State: { Code: 17, Name: "dreaming" as "running" } });
    expect(vm).toMatchObject({ powerState: "unknown", rawState: "dreaming", billed: "unknown" });
    expect(mapped({})).toMatchObject({ powerState: "unknown", rawState: "", billed: "unknown" });
  });

  it("has no word of EC2's where EC2 has no such state", () => {
    for (const powerState of ["suspended", "unknown", undefined, 1]) expect(rawStateOf(powerState)).toBeUndefined();
  });

  it.each([
    [undefined, "unknown"],
    ["", "unknown"],
    ["Client.UserInitiatedHibernate", "yes"],
    ["Client.UserInitiatedShutdown", "no"],
  ] as const)("is billed while it stops to hibernate, which the reason %j tells", (reason, billed) => {
    const State = { Code: 64, Name: "stopping" } as const;
    const StateReason = reason === undefined ? undefined : { Code: reason };
    expect(mapped({ State, StateReason, HibernationOptions: { Configured: true } }).billed).toBe(billed);
    expect(mapped({ State, StateReason, HibernationOptions: { Configured: false } }).billed).toBe("no");
  });

  it("has the reason, and the instant that EC2 writes into it", () => {
    const vm = mapped({
      StateTransitionReason: "User initiated (2024-01-31 12:00:09 GMT)",
      StateReason: { Message: "Client.UserInitiatedShutdown: User initiated shutdown" },
    });
    expect(vm.stateReason).toBe("Client.UserInitiatedShutdown: User initiated shutdown");
    expect(vm.stateChangedAt).toBe("2024-01-31T12:00:09.000Z");
    const withoutMessage = mapped({ StateTransitionReason: "User initiated", StateReason: { Message: "" } });
    expect(withoutMessage).toMatchObject({ stateReason: "User initiated" });
    expect(withoutMessage).not.toHaveProperty("stateChangedAt");
    expect(mapped({ StateTransitionReason: "x (2024-99-99 99:99:99 GMT)" })).not.toHaveProperty("stateChangedAt");
  });
});

describe("the addresses", () => {
  it("are named once, the primary ones first, each with its family and reach", () => {
    const vm = mapped({
      PrivateIpAddress: "10.0.0.4",
      PublicIpAddress: "198.18.0.1",
      NetworkInterfaces: [
        {
          PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.4" }, { PrivateIpAddress: "10.0.0.5" }],
          Ipv6Addresses: [{ Ipv6Address: "2001:db8::1" }, { Ipv6Address: "fd00:ec2::7" }, { Ipv6Address: "FC00::1" }],
        },
        { PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.5" }] },
      ],
    });
    expect(vm.addresses).toEqual([
      { address: "10.0.0.4", family: "ipv4", reach: "private" },
      { address: "198.18.0.1", family: "ipv4", reach: "public" },
      { address: "10.0.0.5", family: "ipv4", reach: "private" },
      { address: "2001:db8::1", family: "ipv6", reach: "public" },
      { address: "fd00:ec2::7", family: "ipv6", reach: "private" },
      { address: "FC00::1", family: "ipv6", reach: "private" },
    ]);
  });

  it("leave out what is none: EC2 leaves elements empty where it has nothing to say", () => {
    const addresses = ["", "nonsense", "010.0.0.1", "fe80::1%eth0"];
    const vm = mapped({
      PrivateIpAddress: "",
      PublicIpAddress: "nonsense",
      PublicDnsName: "",
      PrivateDnsName: "ip-10-0-0-4.ec2.internal",
      NetworkInterfaces: [{ Ipv6Addresses: addresses.map((Ipv6Address) => ({ Ipv6Address })) }, {}],
    });
    expect(vm.addresses).toEqual([]);
    expect(vm.hostNames).toEqual(["ip-10-0-0-4.ec2.internal"]);
  });
});

describe("the rest", () => {
  it("keeps a tag of any name, and does no harm by it", () => {
    const Tags = [
      { Key: "__proto__", Value: "polluted" },
      { Key: "constructor", Value: "x" },
      { Key: "Name", Value: "web & api" },
      { Key: "empty" },
      { Value: "without a key" },
    ];
    const vm = mapped({ Tags });
    expect(Object.entries(vm.tags)).toEqual([
      ["__proto__", "polluted"],
      ["constructor", "x"],
      ["Name", "web & api"],
      ["empty", ""],
    ]);
    expect(Object.getPrototypeOf(vm.tags)).toBe(Object.prototype);
    expect(vm.name).toBe("web & api");
  });

  it("leaves out what EC2 leaves empty", () => {
    const vm = mapped({
      ImageId: "",
      VpcId: "",
      SubnetId: "",
      Placement: { AvailabilityZone: "", GroupName: "" },
      Tags: [{ Key: "Name", Value: "" }],
    });
    expect(Object.keys(vm).toSorted()).toEqual([
      "addresses",
      "billed",
      "hostNames",
      "id",
      "placement",
      "powerState",
      "preemptible",
      "rawState",
      "size",
      "tags",
    ]);
    expect(vm.placement).toEqual({ region: "eu-west-1" });
  });

  it("says where it stands, how large it is, what it runs, and since when", () => {
    const vm = mapped({
      InstanceType: "m7g.large",
      CpuOptions: { CoreCount: 2, ThreadsPerCore: 2 },
      Placement: { AvailabilityZone: "eu-west-1b", GroupName: "near" },
      VpcId: "vpc-1",
      SubnetId: "subnet-1",
      ImageId: "ami-1",
      Architecture: "arm64",
      PlatformDetails: "Linux/UNIX",
      InstanceLifecycle: "spot",
      LaunchTime: new Date("2026-03-01T12:34:56Z"),
    });
    expect(vm).toMatchObject({
      size: { name: "m7g.large", virtualCpus: 4 },
      placement: { region: "eu-west-1", zone: "eu-west-1b", group: "near", network: "vpc-1", subnetwork: "subnet-1" },
      image: "ami-1",
      architecture: "arm64",
      operatingSystem: "Linux/UNIX",
      preemptible: true,
      startedAt: "2026-03-01T12:34:56.000Z",
    });
    expect(mapped({ InstanceLifecycle: "scheduled" }).preemptible).toBe(false);
  });

  it("refuses an instance without an id", () => {
    for (const InstanceId of [undefined, ""]) {
      expect(() => toVirtualMachine({ InstanceId }, "eu-west-1")).toThrow(MalformedAnswer);
    }
  });
});

/** Whatever an answer may hold, sensible or not. */
const anyInstance: fc.Arbitrary<Instance> = (() => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.ipV4(), fc.ipV6(), fc.constant(""));
  const count = fc.oneof(fc.integer(), fc.constantFrom(0, -1, Number.MAX_SAFE_INTEGER));
  const some = { requiredKeys: [] };
  return fc.record(
    {
      State: fc.record({ Code: fc.oneof(count, fc.constantFrom(0, 16, 32, 48, 64, 80)), Name: text }, some),
      InstanceType: text,
      CpuOptions: fc.record({ CoreCount: count, ThreadsPerCore: count }, some),
      PrivateIpAddress: text,
      PublicIpAddress: text,
      PublicDnsName: text,
      PrivateDnsName: text,
      NetworkInterfaces: fc.array(
        fc.record(
          {
            PrivateIpAddresses: fc.array(fc.record({ PrivateIpAddress: text }, some), { maxLength: 3 }),
            Ipv6Addresses: fc.array(fc.record({ Ipv6Address: text }, some), { maxLength: 3 }),
          },
          some,
        ),
        { maxLength: 3 },
      ),
      Placement: fc.record({ AvailabilityZone: text, GroupName: text }, some),
      LaunchTime: fc.date({ noInvalidDate: false }),
      Tags: fc.array(fc.record({ Key: fc.oneof(text, fc.constant("__proto__")), Value: text }, some), { maxLength: 5 }),
      StateTransitionReason: fc.oneof(text, fc.constant("x (2024-02-30 25:61:61 GMT)")),
      StateReason: fc.record({ Code: text, Message: text }, some),
      HibernationOptions: fc.record({ Configured: fc.boolean() }, some),
      VpcId: text,
      SubnetId: text,
      ImageId: text,
      PlatformDetails: text,
      Architecture: text,
      InstanceLifecycle: text,
    },
    some,
  ) as fc.Arbitrary<Instance>;
})();

it("Meaning 11: whatever EC2 answers, the value passes the kind's schema and comes out of it unchanged", async () => {
  const schema = await VirtualMachine.loadSchema();
  await fc.assert(
    fc.asyncProperty(anyInstance, async (instance) => {
      const vm = mapped(instance);
      const result = await schema["~standard"].validate(vm);
      expect(result.issues).toBeUndefined();
      if (result.issues === undefined) expect(result.value).toEqual(withoutProto(vm));
    }),
    { numRuns: 500 },
  );
});

/** zod leaves a key of that name out of a record; it is the one thing that the schema does not hand back. */
function withoutProto<Value extends { readonly tags: object }>(vm: Value): Value {
  return { ...vm, tags: Object.fromEntries(Object.entries(vm.tags).filter(([key]) => key !== "__proto__")) };
}

describe("the health", () => {
  it.each<[InstanceStatus | undefined, string]>([
    [undefined, "unknown"],
    [{}, "unknown"],
    [{ InstanceStatus: { Status: "ok" }, SystemStatus: { Status: "ok" } }, "ok"],
    [{ InstanceStatus: { Status: "ok" }, SystemStatus: { Status: "impaired" } }, "impaired"],
    [{ InstanceStatus: { Status: "initializing" }, SystemStatus: { Status: "ok" } }, "initializing"],
    [{ InstanceStatus: { Status: "insufficient-data" }, SystemStatus: { Status: "ok" } }, "unknown"],
    [{ InstanceStatus: { Status: "not-applicable" }, SystemStatus: { Status: "not-applicable" } }, "not-applicable"],
    [{ InstanceStatus: { Status: "of a later year" as "ok" } }, "unknown"],
  ])("of %j is the worse of both checks: %s", (status, health) => {
    expect(toHealth(status)).toBe(health);
  });
});
