import { describe, expect, it } from "vitest";
import { TenantUses } from "./tenant-uses.ts";

/** Uses of each tenant, at one instant. */
function usesOf(counts: Readonly<Record<string, number>>, nowMs = 0): TenantUses {
  const uses = new TenantUses(nowMs);
  for (const [tenant, count] of Object.entries(counts)) {
    for (let use = 0; use < count; use += 1) uses.used(tenant, nowMs);
  }
  return uses;
}

describe("whoever is busy", () => {
  it("uses much more than others do: not one who is alone, and not one of several who use the same", () => {
    expect(usesOf({ a: 1_000 }).isBusy("a")).toBe(false);
    const same = usesOf({ a: 100, b: 120, c: 110 });
    expect(["a", "b", "c", "d"].map((tenant) => same.isBusy(tenant))).toEqual([false, false, false, false]);
    const noisy = usesOf({ a: 100, b: 10, c: 12 });
    expect(["a", "b", "c", "d"].map((tenant) => noisy.isBusy(tenant))).toEqual([true, false, false, false]);
  });

  it("is nobody because of many who hardly ask", () => {
    const idle = Object.fromEntries(Array.from({ length: 100 }, (_, each) => [`idle-${each}`, 1]));
    const uses = usesOf({ ...idle, noisy: 100, quiet: 10 });
    expect([uses.isBusy("noisy"), uses.isBusy("quiet")]).toEqual([true, false]);
  });

  it("is so no more when it has been quiet for some tens of seconds", () => {
    const uses = usesOf({ noisy: 100, quiet: 10 });
    for (const [second, count] of [10, 20, 30, 40, 50].map((each) => [each, 10] as const)) {
      for (let use = 0; use < count; use += 1) uses.used("quiet", second * 1_000);
    }
    expect(uses.isBusy("noisy")).toBe(false);
  });
});
