import { CloudLinkError, errorCodes, VirtualMachine } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { exitCodeOf } from "../src/exit-code.ts";
import { ACCOUNT, machine, refOf } from "./fake-provider.ts";
import { capture, runInProcess } from "./in-process.ts";

const machines = [
  machine("i-1", { tags: { team: "a" } }),
  machine("i-2", { powerState: "stopped", rawState: "stopped", tags: { team: "b" } }),
  machine("i-3", { tags: { team: "b" } }),
];
const cloud = { machines };
const denied = new CloudLinkError({ reason: "ErrPermissionDenied", message: "Not allowed.", origin: "vendor" });

describe("get", () => {
  test("prints ref, kind, value, view, freshness, trace id and stats as JSON", async () => {
    const { exitCode, stdout, stderr } = await runInProcess(["get", refOf("i-1"), "--json"], { cloud });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      ref: refOf("i-1"),
      kind: "compute.VirtualMachine",
      value: machines[0],
      view: "standard",
      freshness: {
        source: "live",
        observedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        ageMs: expect.any(Number),
        refreshing: false,
      },
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      stats: { vendorCalls: 1, savedCalls: 0, retries: 0, durationMs: expect.any(Number) },
    });
  });

  test("takes an id of the vendor's where a ref is taken", async () => {
    const { stdout } = await runInProcess(["get", `fake:${ACCOUNT}:eu-west-1:i-1`, "-o", "name"], { cloud });
    expect(stdout).toBe(`${refOf("i-1")}\n`);
  });

  test("prints one resource as a field a line, with its freshness", async () => {
    const { stdout } = await runInProcess(["get", refOf("i-1")], { cloud });
    expect(stdout).toMatch(/^powerState +running$/m);
    expect(stdout).toMatch(/^tags\.team +a$/m);
    expect(stdout).toMatch(/^freshness\.source +live$/m);
    expect(stdout).toMatch(/^freshness\.observedAt +\d{4}-/m);
  });

  test("prints only the fields that were named", async () => {
    const { stdout } = await runInProcess(["get", refOf("i-1"), "--fields", "id,size.name", "-o", "jsonl"], { cloud });
    expect(stdout).toBe('{"id":"i-1","size.name":"m7g.large"}\n');
  });

  test("prints the vendor's own body where it is asked for", async () => {
    const { stdout } = await runInProcess(["get", refOf("i-1"), "--native", "-o", "yaml"], { cloud });
    expect(parseYaml(stdout).native).toEqual({ InstanceId: "i-1" });
  });

  test("of several gives the rows that there are, the problems, and exit code 10", async () => {
    const refs = [refOf("i-1"), refOf("i-9"), refOf("i-3")];
    const text = await runInProcess(["get", ...refs, "-o", "name"], { cloud });
    expect(text.exitCode).toBe(10);
    expect(text.stdout).toBe(`${refOf("i-1")}\n${refOf("i-3")}\n`);
    expect(text.stderr).toMatch(/^problem: .*i-9: not_found \(ErrResourceNotFound\): There is no machine i-9\.$/m);
    const json = JSON.parse((await runInProcess(["get", ...refs, "--json"], { cloud })).stdout);
    expect(json.items).toHaveLength(2);
    expect(json.problems).toMatchObject([{ ref: refOf("i-9"), error: { code: "not_found" } }]);
  });

  test("of several that all fail exits with the first one's code", async () => {
    const { exitCode } = await runInProcess(["get", refOf("i-8"), refOf("i-9")], { cloud });
    expect(exitCode).toBe(3);
  });

  test.each(errorCodes.filter((code) => code !== "canceled"))(
    "exits with the code's own exit code for %s",
    async (code) => {
      const failure = new CloudLinkError({ code, reason: "fake.Reason", message: "It failed.", origin: "vendor" });
      const failing = { machines, failures: { [ACCOUNT]: failure } };
      const { exitCode, stderr, stdout } = await runInProcess(["get", refOf("i-1")], { cloud: failing });
      expect({ exitCode, stdout }).toEqual({ exitCode: exitCodeOf(code), stdout: "" });
      expect(stderr).toContain(`${code} (fake.Reason)`);
      expect(stderr).toMatch(/^ {2}trace +[0-9a-f]{32}$/m);
    },
  );

  test("with JSON, an error is one line of JSON on stderr, in the wire form", async () => {
    const { exitCode, stdout, stderr } = await runInProcess(["get", refOf("i-9"), "--json"], { cloud });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
    expect(stderr.split("\n")).toHaveLength(2);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({
      code: "not_found",
      reason: "ErrResourceNotFound",
      origin: "vendor",
      ref: refOf("i-9"),
    });
    expect(CloudLinkError.fromJSON(error).traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test("goes on with the trace that TRACEPARENT names", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const env = { TRACEPARENT: `00-${traceId}-b7ad6b7169203331-01` };
    const { stdout } = await runInProcess(["get", refOf("i-1"), "--json"], { cloud, env });
    expect(JSON.parse(stdout).traceId).toBe(traceId);
    expect((await runInProcess(["get", "nonsense"], { cloud, env })).stderr).toContain(traceId);
  });
});

describe("list", () => {
  test("narrows by field and by tag", async () => {
    const argv = ["list", "--where", "powerState=running,starting", "--tag", "team=b", "-o", "name"];
    expect((await runInProcess(argv, { cloud })).stdout).toBe(`${refOf("i-3")}\n`);
  });

  test("sums up on stderr: rows, vendor calls that were made and saved, time and trace", async () => {
    const { stderr } = await runInProcess(["list"], { cloud: { machines, pageSize: 1 } });
    expect(stderr).toMatch(/^3 rows, 4 vendor calls, 0 saved, [\d.]+m?s, trace [0-9a-f]{32}\n$/);
    expect((await runInProcess(["list", "--quiet"], { cloud })).stderr).toBe("");
  });

  test("stops after --limit rows, and calls no further", async () => {
    const calls: string[] = [];
    const counted = { machines, pageSize: 1, onCall: () => void calls.push("call") };
    const { stdout, stderr } = await runInProcess(["list", "--limit", "1", "-o", "name"], { cloud: counted });
    expect(stdout).toBe(`${refOf("i-1")}\n`);
    expect(stderr).toContain("1 row (--limit; there may be more)");
    // One to identify, one for the page, and at most one page ahead.
    expect(calls.length).toBeLessThanOrEqual(3);
  });

  test("hands out the first rows before the second page has come", async () => {
    const firstRows = Promise.withResolvers<void>();
    const stdout = capture({ onWrite: () => firstRows.resolve() });
    const held = { machines, pageSize: 1, beforeNextPage: () => firstRows.promise };
    const { exitCode } = await runInProcess(["list", "-o", "jsonl"], { cloud: held, stdout });
    expect(exitCode).toBe(0);
    expect(stdout.writes).toHaveLength(3);
  });

  test("of several accounts declares the one that fails, gives the others' rows, and exits with 10", async () => {
    const two = { machines, failures: { bad: denied } };
    const argv = ["list", "--profile", "good", "--profile", "bad"];
    const text = await runInProcess([...argv, "-o", "table"], { cloud: two });
    expect(text.exitCode).toBe(10);
    expect(text.stdout).toMatch(/^ACCOUNT +ID/);
    expect(text.stdout.match(/^good +i-/gm)).toHaveLength(3);
    expect(text.stderr).toMatch(
      /^problem: fake\/-\/bad\/-: permission_denied \(ErrPermissionDenied\): Not allowed\.$/m,
    );
    const json = await runInProcess([...argv, "-o", "json"], { cloud: two });
    expect(JSON.parse(json.stdout).problems).toMatchObject([{ account: "bad", error: { code: "permission_denied" } }]);
    const lines = json.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(["problem", "summary"]);
  });

  test("counts what the logins cost with the rest, in text and in JSON", async () => {
    const argv = ["list", "--profile", "one", "--profile", "two"];
    // For each account one call to log in and one for its page.
    expect((await runInProcess(argv, { cloud })).stderr).toMatch(/^6 rows, 4 vendor calls, /);
    const json = await runInProcess([...argv, "--json"], { cloud });
    expect(JSON.parse(json.stdout).stats).toMatchObject({ vendorCalls: 4, retries: 0 });
    expect(JSON.parse(json.stderr).summary.stats).toMatchObject({ vendorCalls: 4 });
    const verbose = await runInProcess([...argv, "--verbose"], { cloud });
    expect(verbose.stderr.match(/^→ fake:WhoAmI /gm)).toHaveLength(2);
    const get = await runInProcess(["get", refOf("i-1", "two"), ...argv.slice(1), "--json"], { cloud });
    expect(JSON.parse(get.stdout).stats).toMatchObject({ vendorCalls: 3 });
    const several = await runInProcess(["get", refOf("i-1", "two"), refOf("i-2", "two"), ...argv.slice(1)], { cloud });
    expect(several.stderr).toMatch(/^2 rows, 3 vendor calls, /);
  });

  test("of several accounts loses none to a login that fails for the moment, and counts the retry", async () => {
    const unavailable = new CloudLinkError({
      reason: "ErrVendorUnavailable",
      message: "The vendor has a fault.",
      origin: "vendor",
      retry: { retryable: true },
    });
    let faults = 1;
    const flaky = {
      machines,
      beforeIdentify: async () => {
        if (faults-- > 0) throw unavailable;
      },
    };
    const { exitCode, stderr } = await runInProcess(["list", "--profile", "one", "--profile", "two"], { cloud: flaky });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^6 rows, 5 vendor calls, 0 saved, 1 retried, /);
  });

  test("by a filter that holds from a wider view on never just finds nothing", async () => {
    const { exitCode, stdout, stderr } = await runInProcess(["list", "--where", "health=ok"], { cloud });
    // The fake serves no view but standard.
    expect({ exitCode, stdout }).toEqual({ exitCode: 9, stdout: "" });
    expect(stderr).toMatch(/unimplemented \(ErrUnimplemented\)/);
    expect(stderr).toContain("health");
  });

  test("where every part fails exits with the failure's own code", async () => {
    const { exitCode, stderr } = await runInProcess(["list"], { cloud: { machines, failures: { [ACCOUNT]: denied } } });
    expect(exitCode).toBe(5);
    expect(stderr).toContain("error: Not allowed.");
  });

  test("with a role of several accounts logs in to each", async () => {
    const roles = new Set<string>();
    const seen = {
      machines,
      onCall: ({ lease }: { lease: { kind: string; parameters?: unknown } }) =>
        void roles.add(JSON.stringify(lease.parameters)),
    };
    await runInProcess(["list", "--role-arn", "arn:aws:iam::{account}:role/R", "--account", "1,2"], { cloud: seen });
    expect([...roles]).toEqual(['{"roleArn":"arn:aws:iam::1:role/R"}', '{"roleArn":"arn:aws:iam::2:role/R"}']);
  });

  test("--verbose shows vendor requests on stderr, and nothing more on stdout", async () => {
    const { stdout, stderr } = await runInProcess(["list", "--verbose", "-o", "name"], { cloud });
    expect(stdout.trim().split("\n")).toHaveLength(3);
    expect(stderr).toMatch(/^→ fake:Describe -\/111111111111\/eu-west-1$/m);
  });

  test("shows progress only where a person waits and rows go elsewhere, and wipes it", async () => {
    const onTerminal = capture({ columns: 80 });
    await runInProcess(["list", "-o", "json"], { cloud: { machines, pageSize: 1 }, stderr: onTerminal });
    expect(onTerminal.writes[0]).toMatch(/^1 row, \d vendor calls? …$/);
    expect(onTerminal.writes[1]?.startsWith("\r\x1b[K{")).toBe(true);
    const both = capture({ columns: 80 });
    await runInProcess(["list"], { cloud, stderr: both, stdout: capture({ columns: 80 }) });
    expect(both.text()).not.toContain("…");
  });
});

test("fields of the vendor's own body are printed where it was asked for", async () => {
  const argv = ["get", refOf("i-1"), "--native", "--fields", "native.InstanceId", "-o", "jsonl"];
  expect((await runInProcess(argv, { cloud })).stdout).toBe('{"native.InstanceId":"i-1"}\n');
});

describe("what asks no vendor", () => {
  const unreachable = { machines: [], failures: { [ACCOUNT]: denied } };

  test("kinds names kinds, providers, views and actions", async () => {
    const { stdout } = await runInProcess(["kinds", "-o", "jsonl"], { cloud: unreachable });
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "compute.VirtualMachine",
      version: "1.0",
      providers: ["fake"],
      views: ["standard", "health"],
    });
  });

  test("providers names versions, capabilities and limits", async () => {
    const { stdout } = await runInProcess(["providers"], { cloud: unreachable });
    expect(stdout).toMatch(/fake +1\.2\.3 +v1alpha1 +compute\.VirtualMachine v1 +get,getMany,list/);
    expect(stdout).toContain("describe: 100 + 20/s per account × region");
    const json = JSON.parse((await runInProcess(["providers", "--json"], { cloud: unreachable })).stdout);
    expect(json.items[0].limits[0].burst).toBe(100);
  });

  test("describe shows fields, views, filters, actions, and who serves the kind", async () => {
    const { stdout } = await runInProcess(["describe", "virtualmachine"], { cloud: unreachable });
    expect(stdout).toMatch(/^powerState +.*running.* +true +where/m);
    expect(stdout).toMatch(/^health +.* where \(view health\)/m);
    expect(stdout).toContain("standard (default)");
    expect(stdout).toMatch(
      /^Oldest answer where --max-age does not say: 10\.0s; 2\.0s where powerState is starting, /m,
    );
    expect(stdout).toContain("fake:{account}:{region}:{id}");
    const json = JSON.parse(
      (await runInProcess(["describe", "virtualmachine", "--json"], { cloud: unreachable })).stdout,
    );
    expect(json.freshness).toEqual(VirtualMachine.freshness);
    expect(json.schema.properties.powerState.enum).toContain("running");
    expect(json.fields.find((field: { path: string }) => field.path === "size.name").type).toBe("string");
  });

  test.each([[["--help"]], [[]], [["help", "list"]], [["list", "--help"]], [["--version"]], [["help", "exit-codes"]]])(
    "%j prints to stdout and exits with 0",
    async (argv) => {
      const { exitCode, stdout, stderr } = await runInProcess(argv, { cloud });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).not.toBe("");
    },
  );
});

test("an error that nobody expected tells no one what it holds, unless --verbose asks", async () => {
  const secret = Object.assign(new Error("password=hunter2"), { code: "EFAIL" });
  const failing = { machines, beforeGet: () => Promise.reject(secret) };
  const { exitCode, stderr } = await runInProcess(["get", refOf("i-1")], { cloud: failing });
  expect(exitCode).toBe(1);
  expect(stderr).not.toContain("hunter2");
});

test("colours are for terminals, and NO_COLOR and --no-color turn them off", async () => {
  const run = async (argv: readonly string[], env: Record<string, string>) => {
    const stderr = capture({ columns: 80 });
    await runInProcess(["get", "nonsense", ...argv], { cloud, stderr, env });
    return stderr.text().includes("\x1b[");
  };
  expect(await run([], {})).toBe(true);
  expect(await run([], { NO_COLOR: "1" })).toBe(false);
  expect(await run(["--no-color"], {})).toBe(false);
  expect((await runInProcess(["get", "nonsense"], { cloud })).stderr).not.toContain("\x1b[");
});
