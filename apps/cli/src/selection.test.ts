import { VirtualMachine } from "@cloudlink/core";
import { expect, test } from "vitest";
import { fieldsOf } from "./kind-fields.ts";
import { columnsOf, readFilter } from "./selection.ts";

test("--where takes several values parted by commas, and a field that is named again takes more", async () => {
  const { where } = await readFilter(VirtualMachine, {
    where: [
      ["powerState", "running,stopped"],
      ["size.name", "m7g.large"],
      ["powerState", "starting"],
    ],
  });
  expect(where).toEqual({ powerState: ["running", "stopped", "starting"], "size.name": ["m7g.large"] });
});

test("a value that a field never has is refused, with those it has: it would just match nothing", async () => {
  await expect(readFilter(VirtualMachine, { where: [["powerState", "runing"]] })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("running"),
  });
});

test("a field that is no filter is refused, with those that are", async () => {
  await expect(readFilter(VirtualMachine, { where: [["image", "ami-1"]] })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("placement.zone"),
  });
});

test("a tag that is named twice may have either value, its commas are its own, and no name is special", async () => {
  const { tags } = await readFilter(VirtualMachine, {
    tag: [
      ["team", "a,b"],
      ["team", "c"],
      ["__proto__", "x"],
    ],
  });
  expect(Object.entries(tags)).toEqual([
    ["team", ["a,b", "c"]],
    ["__proto__", ["x"]],
  ]);
});

test("--fields takes fields of the value, of lists and tags, and those of the answer around it", async () => {
  const fields = [
    "id",
    "addresses.0.address",
    "tags.aws:cloudformation.stack",
    "ref.account",
    "freshness.age",
    "nativeId",
  ];
  const columns = await columnsOf(VirtualMachine, { form: "table", fields, severalAccounts: false });
  expect(columns.map(({ path }) => path)).toEqual(fields);
});

test.each(["idd", "size.nam", "ref.x", "addresses.0.x", "powerState.x", "value"])(
  "the field %s is checked",
  async (field) => {
    const columns = columnsOf(VirtualMachine, { form: "table", fields: [field], severalAccounts: false });
    if (field === "value") await expect(columns).resolves.toHaveLength(1);
    else
      await expect(columns).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("powerState"),
      });
  },
);

test("the account stands in a table where rows may be of several, and always in the wide forms", async () => {
  const accountShown = async (form: "table" | "wide", severalAccounts: boolean) =>
    (await columnsOf(VirtualMachine, { form, fields: undefined, severalAccounts })).some(
      ({ title }) => title === "ACCOUNT",
    );
  expect(await accountShown("table", false)).toBe(false);
  expect(await accountShown("table", true)).toBe(true);
  expect(await accountShown("wide", false)).toBe(true);
});

test("every column and every filter of the kind is one of its fields", async () => {
  const { table, wide } = VirtualMachine.columns;
  const fields = [...VirtualMachine.filters, ...[...table, ...wide].map(({ path }) => path)];
  expect((await fieldsOf(VirtualMachine)).length).toBeGreaterThan(10);
  await expect(columnsOf(VirtualMachine, { form: "table", fields, severalAccounts: false })).resolves.toHaveLength(
    fields.length,
  );
});
