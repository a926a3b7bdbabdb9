import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { runSteps, type Step } from "./steps.ts";
import { fixture } from "./test-fixture.ts";

const step = (name: string, program: string, required = false): Step => ({
  name,
  command: [process.execPath, "-e", program],
  onFailure: "mend it",
  required,
});
const leave = (file: string) => `require("node:fs").writeFileSync("${file}", "")`;

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
  return () => vi.restoreAllMocks();
});

test("a failed step is named, and the steps after it still run", async () => {
  const root = fixture({});
  const failed = await runSteps([step("one", "process.exit(3)"), step("two", leave("two-ran"))], root);
  expect(failed).toEqual(["one"]);
  expect(existsSync(join(root, "two-ran"))).toBe(true);
});

test("a required step that fails ends the run", async () => {
  const root = fixture({});
  const failed = await runSteps([step("one", "process.exit(1)", true), step("two", leave("two-ran"))], root);
  expect(failed).toEqual(["one"]);
  expect(existsSync(join(root, "two-ran"))).toBe(false);
});

test("a step killed by a signal, or whose program is not there, has failed", async () => {
  const killed = step("killed", 'process.kill(process.pid, "SIGKILL")');
  const missing: Step = { name: "missing", command: ["cloudlink-no-such-program"], onFailure: "install it" };
  expect(await runSteps([killed, missing], fixture({}))).toEqual(["killed", "missing"]);
});
