import { randomFrom } from "@cloudlink/measure";
import { describe, expect, test } from "vitest";
import type { Balanced } from "./dashboard-reads.ts";
import { type EconomyShape, REPLICAS, tenantOf } from "./shape.ts";
import { readsDue, readsOf, type Workload, workloads } from "./workload.ts";

const shape: EconomyShape = { tenants: 40, sampledTenants: 40, durationMs: 60_000, readsPerSecond: 200 };

function all(workload: Workload, seed = 1, of = shape) {
  const reads = readsOf(workload, { shape: of, balanced: "refreshes", random: randomFrom(seed) });
  const seen: { atMs: number; machine: number; replica: number }[] = [];
  while (reads.next()) seen.push({ atMs: reads.atMs, machine: reads.machine, replica: reads.replica });
  return seen;
}

describe.each(workloads)("%s", (workload) => {
  test("comes in the order of time, within the hour, through every replica", () => {
    const seen = all(workload);
    expect(seen.map(({ atMs }) => atMs)).toEqual(seen.map(({ atMs }) => atMs).sort((left, right) => left - right));
    expect(seen.at(-1)?.atMs).toBeLessThan(shape.durationMs);
    expect(new Set(seen.map(({ replica }) => replica)).size).toBe(REPLICAS);
  });

  test("is the same for the same seed, and another for another", () => {
    expect(all(workload)).toEqual(all(workload));
    expect(all(workload)).not.toEqual(all(workload, 2));
  });
});

test("each of a tenant's five dashboards reads each of its 20 machines every 5 s", () => {
  const counts = Map.groupBy(all("dashboards"), ({ machine }) => machine);
  expect(counts.size).toBe(40 * 20);
  for (const reads of counts.values()) expect(reads).toHaveLength(5 * 12);
});

test("the most popular machine is read twice as often as the second", () => {
  const counts = [...Map.groupBy(all("zipf"), ({ machine }) => machine).values()].map((reads) => reads.length);
  const [first = 0, second = 0] = counts.sort((left, right) => right - left);
  // About 1,660 and 830, of 12,000.
  expect(first / second).toBeGreaterThan(1.5);
  expect(first / second).toBeLessThan(2.6);
});

test("in the mixed workload one tenant in twenty has dashboards beside what everybody reads", () => {
  const byTenant = Map.groupBy(all("mixed"), ({ machine }) => tenantOf(machine));
  const dashboards = 5 * 20 * 12;
  for (const [tenant, reads] of byTenant) {
    if (tenant % 20 === 0) expect(reads.length).toBeGreaterThanOrEqual(dashboards);
  }
  expect(all("mixed").length - 2 * dashboards).toBeGreaterThan(200 * 60 - 700);
});

test("a sample of the tenants is read as often as it is among all, each machine as popular as it was", () => {
  const all20 = { tenants: 20, sampledTenants: 20, durationMs: 600_000, readsPerSecond: 100 };
  const some5 = { ...all20, sampledTenants: 5 };
  const ofSome = Map.groupBy(all("zipf", 1, some5), ({ machine }) => machine);
  const amongAll = Map.groupBy(all("zipf", 1, all20), ({ machine }) => machine);
  expect(ofSome.size).toBeGreaterThan(90);
  for (const [machine, reads] of ofSome) {
    const expected = amongAll.get(machine)?.length ?? 0;
    // Both are Poisson numbers of the same mean.
    expect(Math.abs(reads.length - expected)).toBeLessThan(10 + 6 * Math.sqrt(expected));
  }
});

test("a refresh comes through one replica, unless each read is balanced", () => {
  const replicas = (balanced: Balanced) => {
    const one = { ...shape, tenants: 1, sampledTenants: 1, durationMs: 5_000 };
    const reads = readsOf("dashboards", { shape: one, balanced, random: randomFrom(1) });
    const seen: number[] = [];
    while (seen.length < 20 && reads.next()) seen.push(reads.replica);
    return new Set(seen).size;
  };
  expect(replicas("refreshes")).toBe(1);
  expect(replicas("reads")).toBe(REPLICAS);
});

test("of all reads as many come as are due", () => {
  for (const workload of workloads) {
    expect(Math.abs(all(workload).length / readsDue(workload, shape) - 1)).toBeLessThan(0.03);
  }
});
