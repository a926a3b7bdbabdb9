import { background } from "@cloudlink/core";
import { createSandbox } from "@cloudlink/sandbox";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sandboxNexus } from "./sandbox-nexus.ts";
import { tour } from "./tour.ts";

let sandbox: Awaited<ReturnType<typeof createSandbox>>;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await sandbox.close();
});

async function shown(): Promise<string> {
  const nexus = sandboxNexus(sandbox);
  const lines: string[] = [];
  await tour(background(), { nexus, sandbox, print: (line) => void lines.push(line) });
  await nexus.close();
  return lines.join("\n");
}

test("the main job is shown: every machine of every account, then one of them live, and from memory without a vendor call", async () => {
  const text = await shown();
  const rows = [...text.matchAll(/^ {2}(\d{12}) +(\S+) +(\d+) +(\d+) +(\d+)$/gm)];
  const counted = rows.reduce(
    (sum, [, , , running, stopped, other]) => sum + Number(running) + Number(stopped) + Number(other),
    0,
  );
  expect(counted).toBe(sandbox.instances.size);
  expect(new Set(rows.map(([, account]) => account)).size).toBe(3);
  expect(text).toMatch(/126 machines in .* by 6 vendor calls, trace [0-9a-f]{32}/);
  expect(text).toMatch(/observed {3}\d{4}-\d\d-\d\dT.*Z, live, /);
  expect(text).toMatch(/took .* 1 vendor call$/m);
  expect(text).toMatch(/observed {3}\d{4}-\d\d-\d\dT.*Z, memory, /);
  expect(text).toMatch(/took .* 0 vendor calls, 1 saved$/m);
  expect(sandbox.requests.count({ action: "DescribeInstances" })).toBe(7);
});

test("the lines to try next name an instance that a new sandbox has, and keys that it knows", async () => {
  const text = await shown();
  const [, arn = ""] = /cloudlink get (arn:\S+)/.exec(text) ?? [];
  const [, key] = /AWS_ACCESS_KEY_ID=(\S+)/.exec(text) ?? [];
  await using another = await createSandbox();
  expect(another.instances.list().map((instance) => instance.arn)).toContain(arn);
  expect(another.credentialsOf(arn.split(":")[4] ?? "").accessKeyId).toBe(key);
});

test("an account that fails is declared, and the others are shown", async () => {
  sandbox.faults.add({ account: "222222222222", fault: { kind: "error", status: 403, code: "UnauthorizedOperation" } });
  const text = await shown();
  expect(text).toMatch(/222222222222 us-east-1 failed: .*may not do ec2:DescribeInstances/);
  expect(text).toContain("111111111111");
});
