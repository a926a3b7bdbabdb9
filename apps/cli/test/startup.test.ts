import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const bin = join(import.meta.dirname, "../bin/cloudlink.js");

/** Writes the address of every module that is loaded to stderr. */
const tracing = `data:text/javascript,import { registerHooks } from "node:module";
registerHooks({ load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); } });`;

function run(argv: readonly string[], nodeOptions: readonly string[] = []) {
  return spawnSync(process.execPath, [...nodeOptions, bin, ...argv], {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
}

test.each([
  [["--help"]],
  [["list", "--help"]],
  [["stop", "--help"]],
  [["config", "--help"]],
  [["cache", "--help"]],
  [["cache", "invalidate", "--help"]],
  [["--version"]],
  [["help", "exit-codes"]],
])("%j loads commander and nothing else: no kernel, provider, schema or output library", (argv) => {
  const { status, stderr } = run(argv, ["--import", tracing]);
  expect(status, stderr).toBe(0);
  const foreign = stderr.split("\n").filter((url) => url.startsWith("file:") && !url.includes("/apps/cli/"));
  expect(foreign.filter((url) => url.includes("/commander/"))).not.toEqual([]);
  expect(foreign.filter((url) => !url.includes("/commander/"))).toEqual([]);
});

test("a command that asks vendors itself loads no client of a server and nothing that reads configurations", () => {
  const { status, stderr } = run(["kinds", "-o", "name"], ["--import", tracing]);
  expect(status, stderr).toBe(0);
  const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"));
  expect(loaded.filter((url) => url.includes("/packages/nexus/"))).not.toEqual([]);
  expect(loaded.filter((url) => /\/(?:packages\/(?:client|config|yaml)|yaml|zod)\//.test(url))).toEqual([]);
});

test.each(["bash", "zsh", "fish"])("completion prints a script for %s that calls the shell back", (shell) => {
  const { status, stdout } = run(["completion", shell]);
  expect(status).toBe(0);
  expect(stdout).toContain("cloudlink complete --");
});

test.each([
  [["list", "-o", ""], "jsonl"],
  [["list", "--where", "power"], "powerState="],
  [["describe", ""], "compute.VirtualMachine"],
  [["pro"], "providers"],
  [["sto"], "stop"],
  [["act", ""], "reboot"],
  [["wait", "--for", "power"], "powerState="],
  [["config", ""], "check"],
  [["cache", ""], "invalidate"],
  [["cache", "invalidate", "--kind", ""], "compute.VirtualMachine"],
  [["list", "--l"], "--live"],
  [["stop", "--dr"], "--dry-run"],
])("completion of %j offers %s", (words, offered) => {
  const { stdout } = run(["complete", "--", ...words]);
  expect(stdout.split("\n").map((line) => line.split("\t")[0])).toContain(offered);
});
