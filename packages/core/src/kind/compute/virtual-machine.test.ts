import { describe, expect, expectTypeOf, it } from "vitest";
import type { StandardSchema } from "../../standard-schema.ts";
import { valueAt } from "../filter.ts";
import type { Kind, KindSchema, PathValue, ValueOf, Where } from "../kind.ts";
import { VirtualMachine } from "./virtual-machine.ts";
import type { MachineHealth, PowerState, VirtualMachineStatus } from "./virtual-machine-status.ts";

/** Every field, so that a path which is in none of them is a mistake. */
const full: Required<VirtualMachineStatus> = {
  id: "i-0abc",
  powerState: "running",
  rawState: "running",
  stateReason: "User initiated",
  billed: "yes",
  name: "web-1",
  addresses: [
    { address: "10.0.0.1", family: "ipv4", reach: "private" },
    { address: "2001:db8::1", family: "ipv6", reach: "public" },
  ],
  hostNames: ["ip-10-0-0-1.internal"],
  placement: { region: "eu-west-1", zone: "eu-west-1a", group: "g", network: "vpc-1", subnetwork: "subnet-1" },
  size: { name: "m7g.large", virtualCpus: 2, memoryMiB: 8_192 },
  image: "ami-1",
  architecture: "arm64",
  operatingSystem: "linux",
  preemptible: false,
  tags: { env: "prod" },
  createdAt: "2026-01-01T00:00:00Z",
  startedAt: "2026-01-01T00:00:00.5Z",
  stateChangedAt: "2026-01-02T00:00:00Z",
  health: "ok",
};

/** The least that a vendor may say. */
const bare: VirtualMachineStatus = {
  id: "i-0abc",
  powerState: "unknown",
  rawState: "",
  billed: "unknown",
  addresses: [],
  hostNames: [],
  placement: { region: "-" },
  size: { name: "x" },
  preemptible: false,
  tags: {},
};

async function validate(value: unknown) {
  const schema = await VirtualMachine.loadSchema();
  return await schema["~standard"].validate(value);
}

describe("VirtualMachine", () => {
  it("has a value at every path that it filters by or shows", () => {
    const { filters, columns } = VirtualMachine;
    const paths = [...filters, ...[...columns.table, ...columns.wide].map(({ path }) => path)];
    for (const path of paths) expect(valueAt(full, path), path).toBeDefined();
    expectTypeOf<PathValue<VirtualMachineStatus, (typeof filters)[number]>>().not.toBeUnknown();
  });

  it("gives types that are inferred from the kind, as narrow as the values are", () => {
    expectTypeOf<ValueOf<typeof VirtualMachine>>().toEqualTypeOf<VirtualMachineStatus>();
    type Asked = Where<typeof VirtualMachine>;
    expectTypeOf<Asked["powerState"]>().toEqualTypeOf<PowerState | readonly PowerState[] | undefined>();
    expectTypeOf<Asked["health"]>().toEqualTypeOf<MachineHealth | readonly MachineHealth[] | undefined>();
    expectTypeOf<Asked["size.name"]>().toEqualTypeOf<string | readonly string[] | undefined>();
    expectTypeOf<{ powerState: "runing" }>().not.toExtend<Asked>();
    expectTypeOf<{ powerState: "running"; "placement.zone": string[] }>().toExtend<Asked>();
    expectTypeOf<keyof Asked>().toEqualTypeOf<(typeof VirtualMachine.filters)[number]>();
    expectTypeOf<keyof typeof VirtualMachine.actions>().toEqualTypeOf<"start" | "stop" | "reboot">();
    expectTypeOf(VirtualMachine).toExtend<Kind>();
    expectTypeOf<Where<Kind>>().toEqualTypeOf<{ readonly [path: string]: unknown }>();
  });

  it("Meaning 11: has plain values, states closed plus unknown, and the vendor's raw state beside them", () => {
    expectTypeOf<"unknown">().toExtend<PowerState>();
    expectTypeOf<string>().not.toExtend<PowerState>();
    expectTypeOf<VirtualMachineStatus["rawState"]>().toEqualTypeOf<string>();
    expect(JSON.parse(JSON.stringify(full))).toEqual(full);
  });
});

describe("the schema of VirtualMachine", () => {
  it("takes a full value and the barest one as they are, and stands behind Standard Schema", async () => {
    expect(await validate(full)).toEqual({ value: full });
    expect(await validate(bare)).toEqual({ value: bare });
    const schema = await VirtualMachine.loadSchema();
    expect(schema["~standard"].version).toBe(1);
    expectTypeOf(schema).toEqualTypeOf<KindSchema<VirtualMachineStatus>>();
    expectTypeOf(schema).toExtend<StandardSchema<unknown, VirtualMachineStatus>>();
  });

  it("Meaning 11: is additive: fields of a later minor version are dropped, its states read as unknown", async () => {
    const later = {
      ...full,
      powerState: "hibernating",
      health: "degraded",
      billed: "partly",
      futureField: { deep: 1 },
      size: { ...full.size, gpus: 4 },
    };
    expect(await validate(later)).toEqual({
      value: { ...full, powerState: "unknown", health: "unknown", billed: "unknown" },
    });
  });

  it.each<[string, object]>([
    ["no id", { id: "" }],
    ["a state that is no text", { powerState: 16 }],
    ["an address that is none", { addresses: [{ address: "10.0.0.256", family: "ipv4", reach: "private" }] }],
    ["an instant that is not RFC 3339 in UTC", { createdAt: "2026-01-01 00:00" }],
    ["an instant with an offset", { createdAt: "2026-01-01T00:00:00+02:00" }],
    ["a tag that is no text", { tags: { a: 1 } }],
    ["a count of cores that is not whole", { size: { name: "x", virtualCpus: 0.5 } }],
    ["null in place of a field left out", { name: null }],
  ])("refuses %s, and says where", async (_case, change) => {
    const { issues } = await validate({ ...full, ...change });
    expect(issues?.[0]?.path?.[0]).toBe(Object.keys(change)[0]);
  });

  it("does no harm with __proto__ in tags and value", async () => {
    await validate(JSON.parse(`{"__proto__":{"polluted":1},"tags":{"__proto__":"x"}}`));
    const { tags, ...rest } = full;
    const read = await validate({ ...rest, tags: JSON.parse('{"__proto__":"x","constructor":"y"}') });
    expect(read.issues).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("Meaning 11: as JSON Schema it lets later fields pass, at every level", async () => {
    const schema = (await VirtualMachine.loadSchema()).toJsonSchema();
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { powerState: { enum: expect.arrayContaining(["running", "unknown"]) } },
    });
    expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
    expect(schema.required).not.toContain("health");
  });
});
