import { createMemoryCache } from "@cloudlink/cache";
import { answerForm, problemForm } from "@cloudlink/client/wire";
import { CloudLinkError, type VirtualMachineStatus } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { fakeMachine, fakeRef } from "./fake-provider.ts";
import { type Harness, startHarness } from "./harness.ts";

const REF = fakeRef("i-1");
const KIND = "compute.VirtualMachine";

/** A server that keeps what it sees of one machine, and counts what it asks the vendor. */
async function startCaching() {
  const vendor = { calls: 0, fails: false, value: fakeMachine("i-1") as VirtualMachineStatus };
  const harness = await startHarness(
    {
      async get() {
        vendor.calls += 1;
        if (vendor.fails)
          throw new CloudLinkError({ reason: "ErrVendorUnavailable", message: "No.", origin: "vendor" });
        return vendor.value;
      },
      async *list() {
        vendor.calls += 1;
        yield ["i-1"];
      },
    },
    { cache: createMemoryCache() },
  );
  return { vendor, harness, [Symbol.asyncDispose]: () => harness.close() };
}

function get({ url }: Harness, query = "", headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/v1/resource?ref=${REF}${query}`, { headers });
}

async function sourceOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  return answerForm.parse(await response.json()).freshness.source;
}

describe("how fresh an answer is, is said to a cache of the caller's own", () => {
  test("from memory: its age, rounded up, and a lifetime that runs from the observation", async () => {
    await using caching = await startCaching();
    await get(caching.harness);
    const response = await get(caching.harness, "&maxAgeMs=30000");
    const { freshness } = answerForm.parse(await response.json());
    expect(freshness.source).toBe("memory");
    expect(response.headers.get("age")).toBe(String(Math.ceil(freshness.ageMs / 1_000)));
    expect(response.headers.get("cache-control")).toBe("private, max-age=30, must-revalidate");
    expect(response.headers.get("date")).not.toBeNull();
  });

  test("live: no age, and what the call took is off the lifetime", async () => {
    await using caching = await startCaching();
    const response = await get(caching.harness, "&maxAgeMs=30000");
    const { freshness } = answerForm.parse(await response.json());
    expect(freshness.source).toBe("live");
    expect(response.headers.get("age")).toBeNull();
    const lifetime = Math.floor((30_000 - freshness.ageMs) / 1_000);
    expect(response.headers.get("cache-control")).toBe(`private, max-age=${lifetime}, must-revalidate`);
  });

  test.each(["", "&maxAgeMs=0", "&maxAgeMs=30000&native=true"])(
    "to be asked again with the query %s",
    async (query) => {
      await using caching = await startCaching();
      const { headers } = await get(caching.harness, query);
      expect(headers.get("cache-control")).toBe("private, no-cache");
    },
  );

  test("but of a failure, a list, many and an action nothing is to be kept", async () => {
    await using caching = await startCaching();
    const { url } = caching.harness;
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const answers = await Promise.all([
      fetch(`${url}/v1/resource?ref=nonsense&maxAgeMs=30000`),
      fetch(`${url}/v1/resources?kind=${KIND}&maxAgeMs=30000`),
      post("/v1/resources/get-many", { kind: KIND, refs: [REF], maxAgeMs: 30_000 }),
      post("/v1/actions", { ref: REF, action: "reboot" }),
    ]);
    expect(answers.map(({ status, headers }) => [status, headers.get("cache-control"), headers.get("etag")])).toEqual([
      [400, "no-store", null],
      [200, "no-store", null],
      [200, "no-store", null],
      [200, "no-store", null],
    ]);
  });
});

describe("Cache-Control of a request says how old the answer may be", () => {
  test("no-cache and max-age=0 ask the vendor, a longer max-age takes what is kept", async () => {
    await using caching = await startCaching();
    const ask = async (control: string) => await sourceOf(await get(caching.harness, "", { "cache-control": control }));
    expect(await ask("max-age=3600")).toBe("live");
    expect(await ask("max-age=3600")).toBe("memory");
    expect(await ask("no-cache")).toBe("live");
    expect(await ask("max-age=0")).toBe("live");
    expect(caching.vendor.calls).toBe(3);
  });

  test("the query counts in its place, and alone says how long the answer may be kept", async () => {
    await using caching = await startCaching();
    await get(caching.harness);
    const byQuery = await get(caching.harness, "&maxAgeMs=3600000", { "cache-control": "no-cache" });
    expect(byQuery.headers.get("cache-control")).toBe("private, max-age=3600, must-revalidate");
    expect(await sourceOf(byQuery)).toBe("memory");
    const byHeader = await get(caching.harness, "", { "cache-control": "max-age=3600" });
    expect(byHeader.headers.get("cache-control")).toBe("private, no-cache");
    expect(await sourceOf(byHeader)).toBe("memory");
    expect(await sourceOf(await get(caching.harness, "&maxAgeMs=0", { "cache-control": "max-age=3600" }))).toBe("live");
  });

  test("stale-if-error takes what is kept when the vendor fails; without it the failure is told", async () => {
    await using caching = await startCaching();
    await get(caching.harness);
    caching.vendor.fails = true;
    const lenient = await get(caching.harness, "", { "cache-control": "no-cache, stale-if-error=3600" });
    expect(lenient.headers.get("age")).toMatch(/^\d+$/);
    expect(await sourceOf(lenient)).toBe("memory");
    const strict = await get(caching.harness, "", { "cache-control": "no-cache" });
    expect([strict.status, strict.headers.get("cache-control")]).toEqual([503, "no-store"]);
    expect(problemForm.parse(await strict.json()).reason).toBe("ErrVendorUnavailable");
  });

  test("of a list, too", async () => {
    await using caching = await startCaching();
    const ask = async (query: string, control: string) => {
      const url = `${caching.harness.url}/v1/resources?kind=${KIND}&account=home${query}`;
      // To its end: that is when a list is kept.
      await (await fetch(url, { headers: { accept: "application/x-ndjson", "cache-control": control } })).text();
      return caching.vendor.calls;
    };
    expect(await ask("", "no-cache")).toBe(1);
    expect(await ask("", "max-age=3600")).toBe(1);
    expect(await ask("&maxAgeMs=0", "max-age=3600")).toBe(2);
    expect(await ask("", "no-cache")).toBe(3);
  });
});

describe("the entity tag of a resource", () => {
  test("is the same from memory, live and of another server, until its state is another", async () => {
    await using caching = await startCaching();
    await using other = await startCaching();
    const tags = await Promise.all(
      [caching, caching, other].map(async ({ harness }) => (await get(harness, "&maxAgeMs=0")).headers.get("etag")),
    );
    expect(new Set([...tags, (await get(caching.harness, "&maxAgeMs=30000")).headers.get("etag")]).size).toBe(1);
    caching.vendor.value = { ...caching.vendor.value, powerState: "stopped" };
    expect((await get(caching.harness, "&maxAgeMs=0")).headers.get("etag")).not.toBe(tags[0]);
  });

  test("in If-None-Match spares the body, and says how fresh the state is all the same", async () => {
    await using caching = await startCaching();
    const first = await get(caching.harness);
    const tag = first.headers.get("etag") ?? "";
    const trace = `00-${"4bf92f3577b34da6a3ce929d0e0e4736"}-00f067aa0ba902b7-01`;
    const asked = { "if-none-match": `"x", ${tag}`, traceparent: trace };
    const kept = await get(caching.harness, "&maxAgeMs=30000", asked);
    expect(kept.status).toBe(304);
    expect(await kept.text()).toBe("");
    expect(kept.headers.get("etag")).toBe(tag);
    expect(kept.headers.get("cache-control")).toBe("private, max-age=30, must-revalidate");
    expect(kept.headers.get("vary")).toBe(first.headers.get("vary"));
    expect(kept.headers.get("age")).toMatch(/^\d+$/);
    expect(kept.headers.get("date")).not.toBeNull();
    expect(kept.headers.get("traceparent")).toContain("4bf92f3577b34da6a3ce929d0e0e4736");
    for (const name of ["content-type", "content-length"]) expect(kept.headers.get(name)).toBeNull();
    expect(await caching.harness.logged(({ status }) => status === 304)).toMatchObject({ code: "ok" });
    const asLive = await get(caching.harness, "&maxAgeMs=0", asked);
    expect([asLive.status, asLive.headers.get("age")]).toEqual([304, null]);
  });

  test("of another state is answered by the state, and HEAD as a GET", async () => {
    await using caching = await startCaching();
    const tag = (await get(caching.harness)).headers.get("etag") ?? "";
    const head = (asked: string) =>
      fetch(`${caching.harness.url}/v1/resource?ref=${REF}&maxAgeMs=0`, {
        method: "HEAD",
        headers: { "if-none-match": asked },
      });
    expect((await head(tag)).status).toBe(304);
    expect((await head("*")).status).toBe(304);
    caching.vendor.value = { ...caching.vendor.value, powerState: "stopped" };
    expect((await head(tag)).status).toBe(200);
    const changed = await get(caching.harness, "&maxAgeMs=0", { "if-none-match": tag });
    expect(answerForm.parse(await changed.json()).value.powerState).toBe("stopped");
  });

  test("does not hide a failure", async () => {
    await using caching = await startCaching();
    caching.vendor.fails = true;
    expect((await get(caching.harness, "", { "if-none-match": "*" })).status).toBe(503);
  });
});
