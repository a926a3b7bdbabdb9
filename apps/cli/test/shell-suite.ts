import { once } from "node:events";
import type { Readable } from "node:stream";
import { parse as parseCsv } from "csv-parse/sync";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { isHazardous } from "../src/output/neutralize.ts";
import {
  ACCOUNT,
  beforeEnd,
  REGION,
  runCommand,
  type ShellHarness,
  type StartHarness,
  startCommand,
} from "./harness.ts";

const RUNNING = "i-00000000000000001";
const HOSTILE = "i-00000000000000002";
const FLEET = 10_000;
const OTHER = "222222222222";
const CLOSED = "333333333333";

/** What the shell promises over any way to a vendor: the same suite runs over each {@link ShellHarness}. */
export function describeShell(name: string, start: StartHarness): void {
  describe(name, () => {
    let harness: ShellHarness;
    beforeAll(async () => {
      harness = await start({
        instances: [
          { id: RUNNING, account: ACCOUNT, region: REGION, state: "running", tags: { Name: "web" } },
          {
            id: HOSTILE,
            account: ACCOUNT,
            region: REGION,
            state: "stopped",
            tags: { Name: "\u001b]0;owned\u0007=1+1" },
          },
          {
            id: "i-00000000000000003",
            account: OTHER,
            region: REGION,
            state: "running",
            tags: { Name: "two" },
          },
        ],
      });
    });
    afterEach(() => harness.sandbox.faults.clear());
    afterAll(() => harness[Symbol.asyncDispose]());
    const arn = (id: string) => `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;

    test("get of an ARN prints the live state with freshness and trace id", async () => {
      const { exitCode, stdout, stderr } = await runCommand(harness, ["get", arn(RUNNING), "--json"]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({
        ref: `aws/aws/${ACCOUNT}/${REGION}/compute.VirtualMachine/${RUNNING}`,
        value: { powerState: "running", name: "web" },
        freshness: { source: "live", observedAt: expect.stringContaining("T") },
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        stats: { vendorCalls: 1 },
      });
    });

    test("an absent id exits with the code of not_found", async () => {
      const { exitCode, stdout, stderr } = await runCommand(harness, ["get", arn("i-0000000000000dead")]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
      expect(stderr).toContain("not_found (ErrResourceNotFound)");
    });

    test("one absent id spoils no other", async () => {
      const argv = ["get", arn(RUNNING), arn("i-0000000000000dead"), arn(HOSTILE), "-o", "name"];
      const { exitCode, stdout } = await runCommand(harness, argv);
      expect(exitCode).toBe(10);
      expect(stdout.trim().split("\n")).toHaveLength(2);
    });

    test("a denied identity exits with 5, one that is not known with 4, a dead endpoint with 7, a past deadline with 8", async () => {
      expect(await runCommand(harness.as("denied"), ["get", arn(RUNNING)])).toMatchObject({ exitCode: 5 });
      expect(await runCommand(harness.as("unknown"), ["get", arn(RUNNING)])).toMatchObject({ exitCode: 4 });
      const cut = harness.sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "cut" } });
      expect(await runCommand(harness, ["get", arn(RUNNING)])).toMatchObject({ exitCode: 7 });
      cut.remove();
      const hung = harness.sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "hang" } });
      expect(await runCommand(harness, ["get", arn(RUNNING), "--timeout", "300ms"])).toMatchObject({ exitCode: 8 });
      hung.remove();
    });

    test("a list shows a tag, and does nothing that the tag would do to the terminal", async () => {
      for (const form of ["table", "wide", "json", "jsonl", "yaml"]) {
        const { stdout } = await runCommand(harness, ["list", "-o", form]);
        expect(stdout).toContain("owned");
        expect(stdout.split("\n").filter(isHazardous)).toEqual([]);
      }
    });

    test("several accounts, each as somebody of its own, are one list", async () => {
      const argv = ["list", "--fields", "ref.account,id", "-o", "csv"];
      const { exitCode, stdout } = await runCommand(harness.lookingIn([ACCOUNT, OTHER]), argv);
      expect(exitCode).toBe(0);
      const [, ...rows] = parseCsv(stdout) as string[][];
      expect(rows.map(([account]) => account).sort()).toEqual([ACCOUNT, ACCOUNT, OTHER]);
    });

    test("of several accounts, none is lost to a throttle, and the cost is what the vendor counts", async () => {
      const { requests, faults } = harness.sandbox;
      requests.clear();
      faults.add({ action: harness.firstCall, times: 1, fault: { kind: "throttle" } });
      const { exitCode, stdout } = await runCommand(harness.lookingIn([ACCOUNT, OTHER]), ["list", "--json"]);
      expect(exitCode).toBe(0);
      const document = JSON.parse(stdout);
      expect(document.items).toHaveLength(3);
      expect(document.stats).toMatchObject({ vendorCalls: requests.count(), retries: 1 });
    });

    test("of several accounts, one that hangs is declared when --timeout passes, and the others' rows are there", async () => {
      const hung = { action: "DescribeInstances", account: OTHER, fault: { kind: "hang" } } as const;
      harness.sandbox.faults.add(hung);
      const argv = ["list", "--json", "--timeout", "3s"];
      const { exitCode, stdout } = await runCommand(harness.lookingIn([ACCOUNT, OTHER]), argv);
      expect(exitCode).toBe(10);
      const document = JSON.parse(stdout);
      expect(document.items).toHaveLength(2);
      expect(document.problems).toMatchObject([{ account: OTHER, error: { code: "deadline_exceeded" } }]);
    });

    test("SIGTERM ends the vendor's request as Ctrl-C does, and exits with 143", async () => {
      harness.sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "hang" } });
      const arrived = harness.sandbox.nextRequest({ action: "DescribeInstances" });
      const { child, finished } = startCommand(harness, ["get", arn(RUNNING)]);
      const request = await beforeEnd(finished, arrived);
      child.kill("SIGTERM");
      expect((await request.finished).outcome).toBe("aborted");
      const { exitCode, stderr } = await finished;
      expect(exitCode).toBe(143);
      expect(stderr).toMatch(/exit code +143$/m);
    });

    test("of several accounts, one that does not let us in is declared, and the others' rows come", async () => {
      const { exitCode, stdout } = await runCommand(harness.lookingIn([ACCOUNT, CLOSED]), ["list", "--json"]);
      expect(exitCode).toBe(10);
      const document = JSON.parse(stdout);
      expect(document.items).toHaveLength(2);
      expect(document.problems).toMatchObject([{ error: { code: "permission_denied" } }]);
    });

    test("Ctrl-C ends the vendor's request, as the vendor sees it, and exits with 130", async () => {
      const hung = harness.sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "hang" } });
      const arrived = harness.sandbox.nextRequest({ action: "DescribeInstances" });
      const { child, finished } = startCommand(harness, ["list", "--json"]);
      const request = await beforeEnd(finished, arrived);
      child.kill("SIGINT");
      expect((await request.finished).outcome).toBe("aborted");
      const { exitCode, stdout } = await finished;
      hung.remove();
      expect(exitCode).toBe(130);
      expect(JSON.parse(stdout || "{}").items ?? []).toEqual([]);
    });
  });

  describe(`${name}, ${FLEET} instances`, () => {
    let harness: ShellHarness;
    beforeAll(async () => {
      harness = await start({ fleet: { account: ACCOUNT, region: REGION, count: FLEET } });
    });
    afterEach(() => harness.sandbox.faults.clear());
    afterAll(() => harness[Symbol.asyncDispose]());

    const rowsIn: Readonly<Record<string, (text: string) => number>> = {
      table: (text) => text.trimEnd().split("\n").length - 1,
      wide: (text) => text.trimEnd().split("\n").length - 1,
      json: (text) => JSON.parse(text).items.length,
      jsonl: (text) =>
        text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line)).length,
      yaml: (text) => parseYaml(text, { maxAliasCount: 0 }).length,
      csv: (text) => parseCsv(text).length - 1,
      name: (text) => new Set(text.trimEnd().split("\n")).size,
    };
    // The whole YAML would take its parser longer than all the rest together.
    test.each(Object.keys(rowsIn))(
      "list -o %s has every row, in as few vendor calls as there are pages",
      async (form) => {
        harness.sandbox.requests.clear();
        const limit = form === "yaml" ? ["--limit", "500"] : [];
        const { exitCode, stdout } = await runCommand(harness, ["list", "-o", form, ...limit]);
        expect(exitCode).toBe(0);
        expect(rowsIn[form]?.(stdout)).toBe(form === "yaml" ? 500 : FLEET);
        expect(harness.sandbox.requests.count({ action: "DescribeInstances" })).toBeLessThanOrEqual(20);
      },
    );

    test("a reader that goes away (| head) ends the list quietly, long before its end", async () => {
      harness.sandbox.requests.clear();
      const { finished } = startCommand(harness, ["list", "-o", "jsonl"], {
        onStdout: ({ stdout }) => stdout?.destroy(),
      });
      const { exitCode, stderr } = await finished;
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(harness.sandbox.requests.count({ action: "DescribeInstances" })).toBeLessThan(FLEET / 1_000);
    });

    test("a second Ctrl-C ends a command that cannot end by itself, because nobody takes its rows", async () => {
      const { requests, faults } = harness.sandbox;
      const held = faults.add({ action: "DescribeInstances", account: OTHER, fault: { kind: "hang" } });
      const arrived = harness.sandbox.nextRequest({ action: "DescribeInstances", account: OTHER });
      const way = harness.lookingIn([ACCOUNT, OTHER]);
      const { child, finished } = startCommand(way, ["list", "-o", "jsonl"], { stalled: true });
      const waiting = await beforeEnd(finished, arrived);
      // Of the first page, which no pipe can hold, the first bytes are there: the rest waits for a reader.
      await beforeEnd(finished, once(child.stdout as Readable, "readable"));
      child.kill("SIGINT");
      expect((await waiting.finished).outcome).toBe("aborted");
      expect(child.exitCode).toBeNull();
      child.kill("SIGINT");
      await finished;
      held.remove();
      expect(child.signalCode).toBe("SIGINT");
      expect(requests.count({ outcome: "pending" })).toBe(0);
    });

    test("rows are there before the vendor has sent its last page", async () => {
      const rows = Promise.withResolvers<void>();
      const { finished } = startCommand(harness, ["list", "-o", "name", "--page-size", "1000"], {
        onStdout: () => rows.resolve(),
      });
      const first = await beforeEnd(finished, harness.sandbox.nextRequest({ action: "DescribeInstances" }));
      const held = harness.sandbox.faults.add({ action: "DescribeInstances", fault: { kind: "hold" } });
      await first.finished;
      await beforeEnd(finished, rows.promise);
      held.remove();
      const { exitCode, stdout } = await finished;
      expect(exitCode).toBe(0);
      expect(new Set(stdout.trimEnd().split("\n")).size).toBe(FLEET);
    });
  });
}
