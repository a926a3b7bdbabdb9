import { describe, expect, test } from "vitest";
import { machine, refOf } from "./fake-provider.ts";
import { runInProcess } from "./in-process.ts";

/** The commands about a cache ask for a server. That of these tests is a kernel in this process: nothing is connected to. */
const SERVER = ["--server", "http://127.0.0.1:8080"];
const cloud = { machines: [machine("i-1"), machine("i-2"), machine("i-3")] };

describe("a command line that does not make sense exits with 2 and says what to write:", () => {
  test.each([
    [["lst"], "Did you mean list?"],
    [["list", "--wher", "a=b"], "Did you mean --where?"],
    [["get"], "missing required argument"],
    [["list", "--limit", "0"], "1 or more"],
    [["list", "--timeout", "2"], "800ms, 2s"],
    [["list", "--tag", "team"], "name=value"],
    [["list", "-o", "xml"], "jsonl"],
    [["list", "--endpoint", "localhost:1"], "http or https URL"],
    [["list", "--kind", "compute.VirtualMachin"], "compute.VirtualMachine"],
    [["list", "--fields", "nmae"], "powerState"],
    [["list", "--where", "nmae=x"], "placement.zone"],
    [["list", "--account", "999"], "999"],
    [["list", "--external-id", "x"], "--role-arn"],
    [["list", "--role-arn", "arn:aws:iam::{account}:role/R"], "--account"],
    [["list", "--view", "full"], "standard"],
    [["get", "not-a-ref"], "percent-encoded"],
    [["get", "nobody/-/1/r/compute.VirtualMachine/i"], "fake"],
    [["get", refOf("i-1"), "--max-age", "3"], "800ms, 2s"],
    [["get", refOf("i-1"), "--max-age", "3s", "--live"], "--max-age"],
    [["list", "--live", "--max-age", "0"], "--live"],
    [["get", refOf("i-1"), "--live", "--stale-while-revalidate", "3s"], "--live"],
    [["list", "--stale-if-error", "3s"], "--stale-if-error"],
    [["cache"], "There are: cache stats, cache get, cache invalidate."],
    [["config"], "config check"],
    [["cache", "stats"], "--server"],
    [["cache", "get", refOf("i-1")], "CLOUDLINK_SERVER"],
    [["cache", "invalidate", "--all"], "--server"],
    [["cache", "invalidate", ...SERVER], "--all"],
    [["cache", "invalidate", ...SERVER, "--all", "--kind", "virtualmachine"], "--kind"],
    [["cache", "invalidate", ...SERVER, "--account", "1", "--account", "2"], "once"],
    [["cache", "invalidate", ...SERVER, "--region", "a,b"], "name one"],
    [["cache", "invalidate", ...SERVER, "--account", ""], "--all"],
    [["cache", "invalidate", ...SERVER, "--kind", "machine"], "compute.VirtualMachine"],
    [["cache", "invalidate", ...SERVER, "--provider", "fkae"], "fake"],
    [["cache", "invalidate", ...SERVER, "--ref", "i-1"], "percent-encoded"],
    [["cache", "invalidate", ...SERVER, "--tag", "team=a", "--tag", "team=b"], "twice"],
    [["cache", "stats", ...SERVER, "--fields", "entry"], "entries"],
    [["cache", "get", refOf("i-1"), ...SERVER, "--fields", "native"], "--native"],
    [["help", "nosuch"], "describe"],
    [["help", "nosuch"], '"nosuch"'],
    [["list", "--fields", "id,native"], "cloudlink get"],
    [["list", "--fields", "native.InstanceId"], "cloudlink get"],
    [["get", refOf("i-1"), "--fields", "native.InstanceId"], "--native"],
    [["get", refOf("i-1"), refOf("i-2"), "--fields", "native"], "one ref"],
    [["list", "--where", "powerState=runing"], "running"],
    [["get", refOf("i-1"), refOf("i-2"), "--native"], "one ref"],
    [["describe", "storage.Bucket"], "compute.VirtualMachine"],
  ])("%j", async (argv, hint) => {
    const { exitCode, stdout, stderr } = await runInProcess(argv, { cloud });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.toLowerCase()).toContain(hint.toLowerCase());
    expect(stderr).toMatch(/invalid_argument \(Err\w+\)/);
    expect(stderr).toMatch(/trace +[0-9a-f]{32}/);
    const asJson = await runInProcess([...argv, "--json"], { cloud });
    expect(JSON.parse(asJson.stderr).error.code).toBe("invalid_argument");
  });
});

test.each([
  [["list", "--kind", "foo"]],
  [["describe", "nosuch"]],
  [["get", refOf("i-1").replace("VirtualMachine", "Bucket")]],
])("an unknown kind is ErrUnknownKind, with the kinds there are: %j", async (argv) => {
  const { exitCode, stderr } = await runInProcess([...argv, "--json"], { cloud });
  const { error } = JSON.parse(stderr);
  expect({ exitCode, code: error.code, reason: error.reason }).toEqual({
    exitCode: 2,
    code: "invalid_argument",
    reason: "ErrUnknownKind",
  });
  expect(error.message).toContain("compute.VirtualMachine");
});

test("a command line without a command is told which there are", async () => {
  const { exitCode, stdout, stderr } = await runInProcess(["--"], { cloud });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(
    "get, list, start, stop, reboot, act, operation, wait, kinds, describe, providers, cache, config, completion, help",
  );
});

test.each([[["list", "-o", "yaml", "--json"]], [["kinds", "--json", "-o", "csv"]]])(
  "--json beside another form is refused: %j",
  async (argv) => {
    const { exitCode, stdout, stderr } = await runInProcess(argv, { cloud });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(JSON.parse(stderr).error.message).toContain("--json");
  },
);

test("--json beside -o json says the same twice, and is taken", async () => {
  const { exitCode, stdout } = await runInProcess(["list", "-o", "json", "--json"], { cloud });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).items).toHaveLength(3);
});
