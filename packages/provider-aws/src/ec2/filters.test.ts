import { type Filter, matchesFilter, VirtualMachine } from "@cloudlink/core";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machinesOf } from "../../test/machines.ts";
import { ACCOUNT, callOf, REGION } from "../../test/provider-call.ts";
import { aws } from "../aws.ts";
import { metadata } from "../metadata.ts";
import { toEc2Filters } from "./filters.ts";

const where = (fields: Filter["where"], tags: Filter["tags"] = {}): Filter => ({ where: fields, tags });

describe("what EC2 is handed of a filter", () => {
  it("is what it can match, under its own names", () => {
    const filter = where(
      {
        powerState: ["running", "deleted"],
        name: ["web"],
        "placement.zone": ["eu-west-1a"],
        "placement.network": ["vpc-1"],
        "size.name": ["m7g.large"],
      },
      { env: ["prod", "dev"] },
    );
    expect(toEc2Filters(filter)).toEqual([
      { Name: "instance-state-name", Values: ["running", "terminated"] },
      { Name: "tag:Name", Values: ["web"] },
      { Name: "availability-zone", Values: ["eu-west-1a"] },
      { Name: "vpc-id", Values: ["vpc-1"] },
      { Name: "instance-type", Values: ["m7g.large"] },
      { Name: "tag:env", Values: ["prod", "dev"] },
    ]);
  });

  it("covers what the provider declares to push down, and nothing else", () => {
    const [capabilities] = metadata.kinds;
    const pushed = VirtualMachine.filters.filter((path) => toEc2Filters(where({ [path]: ["running"] })).length > 0);
    expect([...pushed, "tags"].toSorted()).toEqual(capabilities?.list?.pushDown.toSorted());
  });

  it.each<[string, Filter]>([
    ["a state that EC2 does not have beside one that it has", where({ powerState: ["running", "suspended"] })],
    ["a value of another type", where({ name: ["web", 1] })],
    ["an empty value, which EC2 does not take", where({}, { note: [""] })],
    ["more values than EC2 takes", where({ name: Array.from({ length: 201 }, (_, index) => `n${index}`) })],
    ["a value longer than EC2 takes", where({ name: ["x".repeat(256)] })],
    ["a value that is too long once its wildcards are escaped", where({ name: ["*".repeat(128)] })],
    ["half a surrogate pair", where({ name: ["\ud800"] })],
    ["a key of a tag that might be a pattern", where({}, { "a*": ["b"] })],
    ["a key of a tag longer than one can be", where({}, { ["k".repeat(129)]: ["b"] })],
    ["an empty key", where({}, { "": ["b"] })],
    ["a field that EC2 has no filter for", where({ billed: ["yes"], health: ["ok"] })],
    ["a name of Object's", where({ constructor: ["x"], __proto__: ["x"] })],
  ])("leaves %s to the kernel", (_what, filter) => {
    expect(toEc2Filters(filter)).toEqual([]);
  });

  it("stays within EC2's bounds of a call: 200 values and 50 filters", () => {
    const values = Array.from({ length: 120 }, (_, index) => `v${index}`);
    const filters = toEc2Filters(where({ name: values, "size.name": values, "placement.zone": ["a"] }));
    expect(filters.map(({ Name }) => Name)).toEqual(["tag:Name", "availability-zone"]);
    const tags = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key-${index}`, ["v"]]));
    expect(toEc2Filters(where({}, tags))).toHaveLength(50);
  });

  it("has no filter twice: a name, and a tag Name, may both be asked for", () => {
    expect(toEc2Filters(where({ name: ["a"] }, { Name: ["a", "b"] }))).toEqual([{ Name: "tag:Name", Values: ["a"] }]);
  });

  it("means every character as it is, wildcards too", () => {
    expect(toEc2Filters(where({ name: ["a*b?c\\d"] }))).toEqual([{ Name: "tag:Name", Values: ["a\\*b\\?c\\\\d"] }]);
  });
});

describe("a list with a filter", () => {
  const names = ["web", "web*", "we?", "w\\eb", "", "naïve & <fast> 🚀", " padded ", "x".repeat(256)];
  const tagValues = ["prod", "dev", "p*", ""];
  let sandbox: Sandbox;

  beforeAll(async () => {
    const states = ["running", "stopped", "pending", "terminated"] as const;
    sandbox = await createSandbox({
      instances: names.flatMap((Name, index) =>
        tagValues.map((env, other) => ({
          state: states[(index + other) % states.length] ?? "running",
          availabilityZone: `${REGION}${"ab"[other % 2]}`,
          tags: { Name, env, ...(other > 1 && { "team/of:it": "a b" }) },
        })),
      ),
    });
  });
  afterAll(async () => await sandbox.close());

  it("loses nothing that matches, whatever it asks for", async () => {
    const provider = aws({ endpoint: sandbox.endpoint });
    const list = async (filter: Filter) => {
      const call = callOf({ keys: sandbox.credentialsOf(ACCOUNT) });
      const batches = machinesOf(provider).list(call, { view: "standard", filter, pageSize: 1000 });
      return (await Array.fromAsync(batches)).flatMap(({ items }) => items.map(({ value }) => value));
    };
    const all = await list(where({}));
    expect(all).toHaveLength(names.length * tagValues.length);
    const some = <Value>(values: readonly Value[]) =>
      fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
    const filters = fc.record({
      where: fc.record(
        {
          powerState: some(["running", "stopped", "starting", "deleted", "suspended"]),
          name: fc.oneof(some(names), fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 2 })),
          "placement.zone": some([`${REGION}a`, `${REGION}b`, "nowhere"]),
          "size.name": some(["t3.micro", "m7i.large", "none"]),
        },
        { requiredKeys: [] },
      ),
      tags: fc.record(
        { env: some(tagValues), Name: some(names), "team/of:it": some(["a b", "*"]) },
        { requiredKeys: [] },
      ),
    });
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const idsOf = (machines: typeof all) => machines.map(({ id }) => id).toSorted();
        const wanted = all.filter((machine) => matchesFilter(filter, machine));
        const answered = await list(filter);
        expect(idsOf(answered.filter((machine) => matchesFilter(filter, machine)))).toEqual(idsOf(wanted));
      }),
      { numRuns: 150 },
    );
    await provider.close();
  });
});
