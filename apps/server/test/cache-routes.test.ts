import { createMemoryCache } from "@cloudlink/cache";
import { createClient } from "@cloudlink/client";
import { cachedResourceForm, cacheStatsForm, invalidationForm } from "@cloudlink/client/wire";
import { background, VirtualMachine } from "@cloudlink/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeMachine, fakeRef } from "./fake-provider.ts";
import { type Harness, startHarness } from "./harness.ts";

const REF = fakeRef("i-1");
const KIND = VirtualMachine.name;
const ctx = background();

let vendorCalls: number;
let harness: Harness;
beforeEach(async () => {
  vendorCalls = 0;
  harness = await startHarness(
    {
      async get(_call, ref) {
        vendorCalls += 1;
        return fakeMachine(ref.id);
      },
    },
    { cache: createMemoryCache({ maxEntries: 10 }) },
  );
});
afterEach(() => harness.close());

const get = (path: string) => fetch(`${harness.url}${path}`);
const read = async (id = "i-1") => void (await get(`/v1/resource?ref=${fakeRef(id)}&maxAgeMs=3600000`));
const kept = async () => cachedResourceForm.parse(await (await get(`/v1/cache/resource?ref=${REF}`)).json()).states;

function invalidate(selection: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${harness.url}/v1/cache/invalidate`, { method: "POST", headers, body: JSON.stringify(selection) });
}

describe("what is kept of a resource", () => {
  test("is told without a vendor call, by ref and by the vendor's id; nothing is an answer, too", async () => {
    expect(await kept()).toEqual([]);
    expect(vendorCalls).toBe(0);
    await read();
    expect(await kept()).toMatchObject([{ ref: REF, view: "standard", freshness: { source: "memory" } }]);
    const byVendorId = await get(`/v1/cache/resource?ref=fake:home:north:i-1&kind=${KIND}`);
    expect(cachedResourceForm.parse(await byVendorId.json()).states).toMatchObject([
      { nativeId: "fake:home:north:i-1" },
    ]);
    expect(byVendorId.headers.get("cache-control")).toBe("no-store");
    expect(vendorCalls).toBe(1);
  });

  test.each(["ref=nonsense", `ref=${REF}&kind=compute.Abacus`, `ref=${REF}&view=standard`, ""])(
    "is not told of what is not known: %s",
    async (query) => expect((await get(`/v1/cache/resource?${query}`)).status).toBe(400),
  );
});

describe("what is invalidated", () => {
  test.each<[string, object]>([
    ["by its ref", { ref: REF }],
    ["by the vendor's id", { ref: "fake:home:north:i-1" }],
    [
      "by its tags, kind and place",
      { tags: { team: "web" }, kind: KIND, provider: "fake", account: "home", region: "north" },
    ],
    ["with everything", {}],
  ])("%s is counted, and answers nobody who comes later", async (_, selection) => {
    await read();
    const response = await invalidate(selection);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(invalidationForm.parse(await response.json())).toEqual({ invalidated: 1 });
    expect(await kept()).toEqual([]);
    await read();
    expect(vendorCalls).toBe(2);
  });

  test.each([{ ref: fakeRef("i-2") }, { tags: { team: "api" } }, { account: "away" }, { region: "south" }])(
    "is only what has all of it: %j",
    async (selection) => {
      await read();
      expect(await (await invalidate(selection)).json()).toEqual({ invalidated: 0 });
      expect(await kept()).toHaveLength(1);
    },
  );

  test.each([{ refs: [REF] }, { ref: "nonsense" }, { tags: { team: 1 } }, { account: "" }, [], null])(
    "is nothing where the selection is not understood: %j",
    async (selection) => {
      await read();
      expect((await invalidate(selection)).status).toBe(400);
      expect(await kept()).toHaveLength(1);
    },
  );
});

describe("the counts of the cache", () => {
  test("say how full it is, and how reads came out", async () => {
    await read();
    await read();
    const response = await get("/v1/cache");
    expect(cacheStatsForm.parse(await response.json())).toMatchObject({
      ...{ entries: 1, maxEntries: 10, evicted: 0, invalidated: 0 },
      outcomes: { hit: 1, stale: 0, miss: 1 },
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("of a server that keeps nothing are 0", async () => {
    await using live = await startHarness();
    const stats = cacheStatsForm.parse(await (await fetch(`${live.url}/v1/cache`)).json());
    expect(stats).toMatchObject({ entries: 0, maxEntries: 0, maxBytes: 0, outcomes: { hit: 0 } });
  });
});

test("the typed client gives of all this what the kernel gives", async () => {
  await using client = createClient({ url: harness.url });
  const request = { kind: VirtualMachine, ref: REF, maxAgeMs: 3_600_000 };
  const live = await client.get(ctx, request);
  const again = await client.get(ctx, request);
  expect([live.freshness.source, again.freshness.source]).toEqual(["live", "memory"]);
  expect(again.stats).toMatchObject({ vendorCalls: 0, savedCalls: 1 });
  expect(again.freshness.refreshing).toBe(false);
  const { outcomes } = await client.getMany(ctx, { kind: VirtualMachine, refs: [REF], maxAgeMs: 3_600_000 });
  expect(outcomes).toMatchObject([{ ok: true, state: { freshness: { source: "memory" } } }]);
  const { ageMs: _theirs, ...freshness } = (await client.cached(ctx, aboutRef(REF)))[0]?.freshness ?? {};
  const { ageMs: _ours, ...ofKernel } = (await harness.nexus.cached(ctx, aboutRef(REF)))[0]?.freshness ?? {};
  expect(freshness).toEqual(ofKernel);
  expect(await client.cacheStats(ctx, {})).toEqual(await harness.nexus.cacheStats(ctx, {}));
  expect(await client.invalidate(ctx, { kind: KIND })).toEqual({ invalidated: 1 });
  expect(await client.cached(ctx, aboutRef(REF))).toEqual([]);
  expect((await client.kinds(ctx))[0]?.freshness).toEqual(VirtualMachine.freshness);
});

function aboutRef(ref: string) {
  return { kind: VirtualMachine, ref };
}
