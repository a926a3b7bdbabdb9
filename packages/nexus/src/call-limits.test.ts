import { createScope, type LimitDeclaration } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { fakeProvider } from "../test/fake-provider.ts";
import { budgetKeysOf, callLimitsOf } from "./call-limits.ts";

describe("the limit that a call is charged to", () => {
  const scope = createScope({
    tenant: "t",
    provider: "fake",
    partition: "-",
    account: "1",
    role: "reader",
    region: "north",
  });
  const keyFor = (dimensions: LimitDeclaration["dimensions"] | undefined, changed: Partial<typeof scope> = {}) => {
    const limit = { name: "describe", operations: ["get"], burst: 1, refillPerSecond: 1 };
    const limits = dimensions === undefined ? [] : [{ ...limit, dimensions }];
    const { metadata } = fakeProvider({ metadata: { limits } });
    const call = { scope: createScope({ ...scope, ...changed }), operations: ["get"] };
    return budgetKeysOf(callLimitsOf(metadata, call), call.scope).join(" ");
  };

  it("is told apart by what the vendor counts by, and by nothing else", () => {
    const key = keyFor(["account", "region"]);
    expect(keyFor(["account", "region"], { account: "2" })).not.toBe(key);
    expect(keyFor(["account", "region"], { region: "south" })).not.toBe(key);
    expect(keyFor(["account", "region"], { tenant: "u" })).toBe(key);
    expect(keyFor(["account", "region"], { role: "admin" })).toBe(key);
    expect(keyFor(["account", "identity"], { role: "admin" })).not.toBe(keyFor(["account", "identity"]));
  });

  it("is the account where the provider declares none for the operation", () => {
    expect(keyFor(undefined, { account: "2" })).not.toBe(keyFor(undefined));
    expect(keyFor(undefined, { partition: "moon" })).not.toBe(keyFor(undefined));
    expect(keyFor(undefined, { region: "south" })).toBe(keyFor(undefined));
  });

  it("is every limit that the provider declares for one of the operations", () => {
    const limit = { dimensions: ["account"], burst: 1, refillPerSecond: 1 } as const;
    const limits = [
      { ...limit, name: "all", operations: ["get", "list"] },
      { ...limit, name: "lists", operations: ["list"] },
      { ...limit, name: "health", operations: ["status"] },
    ];
    const { metadata } = fakeProvider({ metadata: { limits } });
    const keysOf = (...operations: string[]) => callLimitsOf(metadata, { scope, operations }).map(({ key }) => key);
    expect(keysOf("get", "status")).toEqual(["fake/all/1", "fake/health/1"]);
    expect(keysOf("list")).toEqual(["fake/all/1", "fake/lists/1"]);
  });

  it("is each resource's own where the vendor counts by resource, and none for a call for several", () => {
    const limit = {
      name: "each",
      dimensions: ["account", "resource"],
      operations: ["get"],
      burst: 1,
      refillPerSecond: 1,
    };
    const { metadata } = fakeProvider({ metadata: { limits: [limit as LimitDeclaration] } });
    const keysOf = (resource?: string) =>
      callLimitsOf(metadata, { scope, operations: ["get"], resource }).map(({ key }) => key);
    expect(keysOf("a/b")).toEqual(["fake/each/1/a%2Fb"]);
    expect(keysOf("a/c")).not.toEqual(keysOf("a/b"));
    expect(keysOf()).toEqual([]);
  });

  it("cannot be forged by an account's name", () => {
    expect(keyFor(["account", "region"], { account: "1/north", region: "x" })).not.toBe(
      keyFor(["account", "region"], { account: "1", region: "north/x" }),
    );
  });
});
