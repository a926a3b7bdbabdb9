import { expect, it } from "vitest";
import { z } from "zod";
import * as wire from "./index.ts";

const forms = Object.entries(wire).flatMap(([name, exported]) =>
  exported instanceof z.ZodType ? [{ name, schema: exported as z.ZodType }] : [],
);

it.each(forms)(
  "$name has an id and a description of its own, and can be written as JSON Schema of what arrives",
  ({ schema }) => {
    const { id, description } = schema.meta() ?? {};
    expect(id).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(description).toMatch(/^[A-Z]/);
    expect(() => z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" })).not.toThrow();
  },
);

it("no two forms have one id, those that are only parts of others too", () => {
  const parts = forms.flatMap(({ schema }) => {
    const { $defs = {} } = z.toJSONSchema(schema, { io: "input" });
    return Object.entries($defs).map(([id, definition]) => [id, JSON.stringify(definition)] as const);
  });
  const byId = new Map<string, string>();
  for (const [id, definition] of parts) {
    expect(byId.get(id) ?? definition, id).toBe(definition);
    byId.set(id, definition);
  }
});

it("requests are strict, and answers are read leniently", () => {
  const strict = [
    ...[wire.getQueryForm, wire.listQueryForm, wire.getManyRequestForm, wire.actionRequestForm],
    ...[wire.cachedQueryForm, wire.invalidateRequestForm],
  ];
  for (const schema of strict) {
    const issues = schema.safeParse({ unknownField: 1 }).error?.issues ?? [];
    expect(issues.map(({ code }) => code)).toContain("unrecognized_keys");
  }
  for (const { name, schema } of forms) {
    const { $defs = {}, $ref = "" } = z.toJSONSchema(schema, { io: "input" });
    const isRequest = (strict as unknown[]).includes(schema);
    expect($defs[$ref.replace("#/$defs/", "")]?.additionalProperties === false, name).toBe(isRequest);
  }
});

it.each([
  ["maxAgeMs", "5", 5],
  ["maxAgeMs", "0", 0],
  ["maxAgeMs", "9007199254740991", Number.MAX_SAFE_INTEGER],
  ["staleWhileRevalidateMs", "60000", 60_000],
  ["staleIfErrorMs", "0", 0],
  ["native", "true", true],
  ["native", "false", false],
])("a query's %s=%s is read as %o", (name, text, value) => {
  expect(wire.getQueryForm.parse({ ref: "r", [name]: text })).toEqual({ ref: "r", [name]: value });
});

it.each([
  ["maxAgeMs", ""],
  ["maxAgeMs", " 5"],
  ["maxAgeMs", "-1"],
  ["maxAgeMs", "0x10"],
  ["maxAgeMs", "1e3"],
  ["maxAgeMs", "9007199254740993"],
  ["staleWhileRevalidateMs", "-1"],
  ["staleIfErrorMs", "1.5"],
  ["native", "yes"],
  ["native", ""],
  ["ref", ["a", "b"]],
  ["view", ["a", "b"]],
])("a query's %s=%o is refused", (name, text) => {
  expect(wire.getQueryForm.safeParse({ ref: "r", [name]: text }).success).toBe(false);
});
