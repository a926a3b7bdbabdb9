import { createMemoryCache } from "@cloudlink/cache";
import { CloudLinkError } from "@cloudlink/core";
import { parse as parseCsv } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { ACCOUNT, type FakeCloud, machine, refOf } from "./fake-provider.ts";
import { runInProcess } from "./in-process.ts";

const web = machine("i-1", { tags: { team: "a" } });
const machines = [web, machine("i-2", { tags: { team: "b" } }), machine("i-3", { tags: { team: "b" } })];

/** The commands about a cache ask for a server. That of these tests is a kernel in this process: nothing is connected to. */
const SERVER = ["--server", "http://127.0.0.1:8080"];

/** Command lines over one cache, as those are through one server. */
function shell(cloud: FakeCloud = { machines }) {
  const cache = createMemoryCache();
  return (argv: readonly string[], over: FakeCloud = cloud) => runInProcess(argv, { cloud: over, cache });
}

const json = ({ stdout }: { stdout: string }) => JSON.parse(stdout);

describe("how old an answer may be", () => {
  test("an answer that is young enough for --max-age comes from memory, and says so", async () => {
    const run = shell();
    await run(["get", refOf("i-1"), "--live"]);
    const kept = await run(["get", refOf("i-1"), "--max-age", "1h", "--json"]);
    expect(json(kept)).toMatchObject({
      freshness: { source: "memory", refreshing: false },
      stats: { vendorCalls: 0, savedCalls: 1 },
    });
  });

  test.each([[["--live"]], [["--max-age", "0"]], [["--max-age", "0s"]]])(
    "%j asks the vendor, whatever is kept",
    async (live) => {
      const run = shell();
      await run(["get", refOf("i-1")]);
      const changed = { machines: [machine("i-1", { powerState: "stopped" })] };
      const answer = json(await run(["get", refOf("i-1"), ...live, "--json"], changed));
      expect(answer).toMatchObject({ value: { powerState: "stopped" }, freshness: { source: "live" } });
    },
  );

  test("who does not say gets what the kind advertises", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    expect(json(await run(["get", refOf("i-1"), "--json"])).freshness.source).toBe("memory");
  });

  test("--stale-if-error is answered from memory where the vendor has a fault", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    const fault = new CloudLinkError({ reason: "ErrVendorUnavailable", message: "Down.", origin: "vendor" });
    const down = { machines, failures: { [ACCOUNT]: fault } };
    const argv = ["get", refOf("i-1"), "--live", "--json"];
    expect((await run(argv, down)).exitCode).toBe(7);
    const stale = await run([...argv, "--stale-if-error", "1h"], down);
    expect(json(stale).freshness.source).toBe("memory");
  });

  test("--stale-while-revalidate is answered at once, and marked: a newer answer is on its way", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    const stale = ["get", refOf("i-1"), "--max-age", "0", "--stale-while-revalidate", "1h"];
    const answer = json(await run([...stale, "--json"], { machines, beforeGet: () => new Promise(() => {}) }));
    expect(answer.freshness).toMatchObject({ source: "memory", refreshing: true });
    const { stdout } = await run(stale, { machines, beforeGet: () => new Promise(() => {}) });
    expect(stdout).toMatch(/^freshness\.age +\d+ms ↻$/m);
  });

  test("of several, each is answered as it can be, and the summary says what that saved", async () => {
    const run = shell();
    await run(["get", refOf("i-1"), refOf("i-2")]);
    const { stderr, stdout } = await run(["get", refOf("i-1"), refOf("i-2"), "--max-age", "1h", "-o", "wide"]);
    expect(stderr).toMatch(/^2 rows, 0 vendor calls, 1 saved, /);
    expect(stdout).toMatch(/ AGE +SOURCE\n/);
    expect(stdout.match(/ \d+ms +memory$/gm)).toHaveLength(2);
  });

  test("a list is kept whole: --max-age takes it, --live does not", async () => {
    const run = shell({ machines, pageSize: 1 });
    // One call says whose the login is; it is made by each command.
    expect((await run(["list", "--live"])).stderr).toMatch(/^3 rows, 4 vendor calls, 0 saved, /);
    expect((await run(["list", "--max-age", "1h"])).stderr).toMatch(/^3 rows, 1 vendor call, 3 saved, /);
    expect((await run(["list", "--live"])).stderr).toMatch(/^3 rows, 4 vendor calls, 0 saved, /);
  });

  test("a csv has the source, the instant and the age in milliseconds", async () => {
    const run = shell();
    const [header = [], row = []] = parseCsv((await run(["list", "-o", "csv", "--limit", "1"])).stdout) as string[][];
    const cells = Object.fromEntries(header.map((name, index) => [name, row[index]]));
    expect(cells).toMatchObject({
      "freshness.source": "live",
      "freshness.observedAt": expect.stringMatching(/Z$/),
      "freshness.ageMs": expect.stringMatching(/^\d+$/),
    });
  });

  test("what is waited for is asked of the vendor, whatever is kept", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    const stopped = { machines: [machine("i-1", { powerState: "stopped" })] };
    const argv = ["wait", "--for", "powerState=stopped", refOf("i-1"), "--json"];
    const { exitCode, stdout } = await run(argv, stopped);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ freshness: { source: "live" }, stats: { vendorCalls: 1 } });
  });
});

describe("cache", () => {
  test("stats says how full it is, and how often it answered, in every form", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    const stats = json(await run(["cache", "stats", ...SERVER, "--json"]));
    expect(stats).toMatchObject({ entries: 1, evicted: 0, invalidated: 0, outcomes: { hit: 0, miss: 0 } });
    expect(stats.maxBytes).toBeGreaterThan(stats.bytes);
    expect((await run(["cache", "stats", ...SERVER])).stdout).toMatch(/^entries +1$/m);
    const { stdout } = await run(["cache", "stats", ...SERVER, "-o", "csv", "--fields", "entries,outcomes.hit"]);
    expect(stdout).toBe("entries,outcomes.hit\n1,0\n");
    expect((await run(["cache", "stats", ...SERVER, "-o", "name"])).stdout).toBe("http://127.0.0.1:8080\n");
  });

  test("get shows what is kept, and asks no vendor", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    const unreachable = { machines: [], onCall: () => expect.unreachable("the vendor was asked") };
    const argv = ["cache", "get", refOf("i-1"), ...SERVER];
    const table = await run(argv, unreachable);
    expect(table.exitCode).toBe(0);
    expect(table.stdout).toMatch(/^VIEW +ID +.* AGE\nstandard +i-1 +/);
    expect(table.stderr).toMatch(/^1 row, /);
    expect(json(await run([...argv, "--json"], unreachable)).items).toMatchObject([
      { ref: refOf("i-1"), value: web, view: "standard", freshness: { source: "memory" } },
    ]);
  });

  test("get of what is not kept is an answer without rows", async () => {
    const { exitCode, stdout, stderr } = await shell()(["cache", "get", refOf("i-1"), ...SERVER, "-o", "name"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toMatch(/^0 rows, /);
  });

  test.each([
    [["--ref", refOf("i-1")], 1],
    [["--ref", `fake:${ACCOUNT}:eu-west-1:i-1`], 1],
    [["--tag", "team=b"], 2],
    [["--kind", "virtualmachine", "--account", ACCOUNT, "--region", "eu-west-1", "--provider", "fake"], 3],
    [["--account", "999"], 0],
    [["--all"], 3],
  ])("invalidate %j forgets what has all of that, and says how much it was", async (selection, count) => {
    const run = shell();
    await run(["get", refOf("i-1"), refOf("i-2"), refOf("i-3")]);
    const { exitCode, stdout } = await run(["cache", "invalidate", ...selection, ...SERVER, "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ invalidated: count, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(json(await run(["cache", "stats", ...SERVER, "--json"])).entries).toBe(3 - count);
  });

  test("what was forgotten is asked of the vendor again", async () => {
    const run = shell();
    await run(["get", refOf("i-1")]);
    expect((await run(["cache", "invalidate", "--ref", refOf("i-1"), ...SERVER])).stdout).toMatch(/^invalidated +1$/m);
    expect(json(await run(["get", refOf("i-1"), "--max-age", "1h", "--json"])).freshness.source).toBe("live");
  });
});
