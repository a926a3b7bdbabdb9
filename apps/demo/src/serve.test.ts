import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import type { RunningServer } from "@cloudlink/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sandboxNexus } from "./sandbox-nexus.ts";
import { serve } from "./serve.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");

let sandbox: Sandbox;
let server: RunningServer;
let nexus: ReturnType<typeof sandboxNexus>;
let lines: readonly string[];
const logged: string[] = [];
const logTo = { write: (text: string) => void logged.push(text) };

beforeAll(async () => {
  sandbox = await createSandbox({ limits: "published", transitions: { pendingMs: 0, stoppingMs: 0 } });
  nexus = sandboxNexus(sandbox);
  const printed: string[] = [];
  server = await serve({ nexus, sandbox, port: 0, print: (line) => void printed.push(line), logTo });
  lines = [...printed.join("\n").matchAll(/^ {2}(\S.*)$/gm)].map(([, line = ""]) => line);
});

afterAll(async () => {
  await server.close();
  await nexus.close();
  await sandbox.close();
});

/** A line, or several in one shell, as somebody pastes them. */
async function pasted(...chosen: readonly string[]): Promise<string> {
  const text = chosen.join("\n").replaceAll("npx -y pnpm@10 cloudlink", join(root, "node_modules/.bin/cloudlink"));
  const { stdout } = await run("sh", ["-c", text], { env: { PATH: process.env.PATH }, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

const line = (form: RegExp) => lines.find((each) => form.test(each)) ?? `echo "no line ${form}"; exit 1`;

describe("what `pnpm start` prints to try works as it is pasted", () => {
  test("a machine", async () => {
    expect(JSON.parse(await pasted(line(/v1\/resource\?ref=arn/)))).toMatchObject({ value: { powerState: "running" } });
  });

  test("the same machine twice: the second answer is from memory, and no vendor was called for it", async () => {
    const twice = await pasted(line(/^for i in 1 2/));
    const [, , freshness, stats] = twice.split("\n").map((each) => JSON.parse(`{${each}}`));
    expect(freshness).toMatchObject({ freshness: { source: "memory" } });
    expect(stats).toMatchObject({ stats: { vendorCalls: 0, savedCalls: 1 } });
  });

  test("what is kept, counted", async () => {
    await pasted(line(/^for i in 1 2/));
    const { entries, outcomes } = JSON.parse(await pasted(line(/curl.*cache/)));
    expect(entries).toBeGreaterThan(0);
    expect(outcomes.hit).toBeGreaterThan(0);
  });

  test("every machine that runs, a line each", async () => {
    const rows = (await pasted(line(/x-ndjson/)))
      .trimEnd()
      .split("\n")
      .map((each) => JSON.parse(each));
    expect(rows.filter(({ item }) => item?.value.powerState === "running").length).toBeGreaterThan(10);
    expect(rows.at(-1)).toHaveProperty("end");
  });

  test("the dry run of a stop, the stop, and the operation that it is", async () => {
    expect(JSON.parse(await pasted(line(/^curl.*dryRun/)))).toMatchObject({ action: "stop", allowed: true });
    const operation = JSON.parse(await pasted(line(/^operation=/), line(/\$operation"$/)));
    expect(operation).toMatchObject({ action: "stop", status: { state: "done" } });
  });

  test("a failure", async () => {
    const failed = JSON.parse(await pasted(line(/nonsense/)));
    expect(failed).toMatchObject({ status: 400, reason: "ErrInvalidRef" });
    // The log has it, and no line for each request.
    expect(logged.map((each) => JSON.parse(each)).find(({ traceId }) => traceId === failed.traceId)).toMatchObject({
      msg: "failed",
      reason: "ErrInvalidRef",
    });
    expect(logged.join()).not.toContain('"msg":"request"');
  });

  test("the shell", async () => {
    expect(await pasted(line(/cloudlink list/))).toMatch(/running/);
    expect(await pasted(line(/cloudlink get.*--live/))).toMatch(/^freshness\.source +live$/m);
    expect(await pasted(line(/cloudlink get.*--max-age/))).toMatch(/^freshness\.source +memory$/m);
    expect(await pasted(line(/cloudlink cache stats/))).toMatch(/^outcomes\.hit +[1-9]/m);
  });
});

test("a port that is taken is said so, with how to choose another", async () => {
  const taken = serve({ nexus, sandbox, port: server.port, print: () => {}, logTo });
  await expect(taken).rejects.toThrow(new RegExp(`port ${server.port} is taken .*start --port ${server.port + 1}`));
});
