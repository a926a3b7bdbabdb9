import type { Observation, Provider, VirtualMachineStatus } from "@cloudlink/core";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aws } from "../src/index.ts";
import { failureOf } from "./failure.ts";
import { machinesOf } from "./machines.ts";
import { ACCOUNT, callOf, REGION } from "./provider-call.ts";

let sandbox: Sandbox;
let provider: Provider;
let fleet: string[];

beforeAll(async () => {
  sandbox = await createSandbox({ population: true, fleet: { account: ACCOUNT, region: "eu-west-3", count: 230 } });
  provider = aws({ endpoint: sandbox.endpoint });
  fleet = sandbox.instances.list({ account: ACCOUNT, region: "eu-west-3" }).map(({ id }) => id);
});
afterAll(async () => {
  await provider.close();
  await sandbox.close();
});
beforeEach(() => sandbox.requests.clear());

function keys() {
  return { keys: sandbox.credentialsOf(ACCOUNT) };
}

describe("list", () => {
  const everything = { view: "standard", filter: { where: {}, tags: {} } };

  async function listed(request: object, settings = {}): Promise<Observation<VirtualMachineStatus>[]> {
    const batches = machinesOf(provider).list(callOf({ ...keys(), ...settings }), {
      ...everything,
      pageSize: 1000,
      ...request,
    });
    return (await Array.fromAsync(batches)).flatMap(({ items }) => items);
  }

  it("gives everything of the account and region, each once, page by page", async () => {
    const call = callOf({ ...keys(), region: "eu-west-3" });
    const batches = await Array.fromAsync(machinesOf(provider).list(call, { ...everything, pageSize: 100 }));
    const ids = batches.flatMap(({ items }) => items.map(({ value }) => value.id));
    expect(ids.toSorted()).toEqual(fleet.toSorted());
    expect(call.requests).toHaveLength(3);
    expect(batches.map(({ cursor }) => typeof cursor)).toEqual(["string", "string", "object"]);
  });

  it("goes on where a cursor says", async () => {
    const settings = { region: "eu-west-3" };
    const request = { ...everything, pageSize: 100 };
    const pages = machinesOf(provider).list(callOf({ ...keys(), ...settings }), request);
    const { value: first } = await pages[Symbol.asyncIterator]().next();
    const rest = await listed({ pageSize: 100, cursor: first.cursor }, settings);
    const all = [...first.items, ...rest].map(({ value }: Observation<VirtualMachineStatus>) => value.id);
    expect(all.toSorted()).toEqual(fleet.toSorted());
  });

  it("fetches no page that nobody asks for", async () => {
    const call = callOf({ ...keys(), region: "eu-west-3" });
    for await (const batch of machinesOf(provider).list(call, { ...everything, pageSize: 50 })) {
      expect(batch.items.length).toBe(50);
      break;
    }
    expect(sandbox.requests.count()).toBe(1);
  });

  it.each([
    [1, "5"],
    [7.9, "7"],
    [5_000, "1000"],
    [Number.NaN, "1000"],
  ])("keeps a page of %d within EC2's bounds", async (pageSize, sent) => {
    await listed({ pageSize });
    expect(sandbox.requests.entries()[0]?.parameters.MaxResults).toBe(sent);
  });

  it("hands EC2 the filter, so that fewer pages are needed", async () => {
    const items = await listed({ filter: { where: { powerState: ["stopped"] }, tags: { env: ["prod"] } } });
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ value }) => value.powerState === "stopped" && value.tags.env === "prod")).toBe(true);
    expect(sandbox.requests.entries()[0]?.parameters).toMatchObject({
      "Filter.1.Name": "instance-state-name",
      "Filter.1.Value.1": "stopped",
      "Filter.2.Name": "tag:env",
    });
  });

  it("gives nothing, and is no error, in a region without instances", async () => {
    const call = callOf({ ...keys(), region: "ap-south-1" });
    const batches = await Array.fromAsync(machinesOf(provider).list(call, { ...everything, pageSize: 100 }));
    expect(batches).toEqual([{ items: [], cursor: null }]);
  });

  it("goes on past pages that are empty", async () => {
    await using sparse = await createSandbox({ sparsePages: true, population: true });
    const lister = aws({ endpoint: sparse.endpoint });
    const call = callOf({ keys: sparse.credentialsOf(ACCOUNT) });
    const filter = { where: { powerState: ["deleted"] }, tags: {} };
    const batches = await Array.fromAsync(machinesOf(lister).list(call, { view: "standard", filter, pageSize: 5 }));
    expect(batches.some(({ items }) => items.length === 0)).toBe(true);
    const truth = sparse.instances.list({ account: ACCOUNT, region: REGION, state: "terminated" });
    expect(batches.flatMap(({ items }) => items)).toHaveLength(truth.length);
    expect(sparse.requests.count({ action: "GetCallerIdentity" })).toBe(0);
    await lister.close();
  });

  it.each([
    ["unreadable", () => "nonsense"],
    ["empty", () => ""],
    [
      "of another question",
      async () => {
        const filter = { where: { powerState: ["running"] }, tags: {} };
        const pages = machinesOf(provider).list(callOf(keys()), { view: "standard", filter, pageSize: 5 });
        return (await pages[Symbol.asyncIterator]().next()).value.cursor;
      },
    ],
  ])("says that a cursor is stale that EC2 does not take: %s", async (_what, cursorOf) => {
    const cursor = await cursorOf();
    const error = await failureOf(listed({ pageSize: 5, cursor }));
    expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrStalePageToken" });
    expect(error.retry.retryable).toBe(false);
  });

  it("says that a cursor is stale when its time is over", async () => {
    const clock = { now: () => now };
    let now = Date.UTC(2026, 10, 23);
    await using aged = await createSandbox({ clock, tokenTtlMs: 60_000, population: true });
    const lister = aws({ endpoint: aged.endpoint });
    const call = callOf({ keys: aged.credentialsOf(ACCOUNT) });
    const pages = machinesOf(lister).list(call, { ...everything, pageSize: 5 });
    const iterator = pages[Symbol.asyncIterator]();
    await iterator.next();
    now += 60_000;
    expect(await failureOf(iterator.next())).toMatchObject({ reason: "ErrStalePageToken" });
    await lister.close();
  });
});
