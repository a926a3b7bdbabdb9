import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { callingProgram, runProgram } from "./node-program.ts";

let sandbox: Sandbox;
let calling: { readonly arguments: readonly string[] };

beforeAll(async () => {
  sandbox = await createSandbox();
  const { id } = sandbox.instances.put({ state: "running" });
  calling = { arguments: [sandbox.endpoint, id] };
});
afterAll(async () => await sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.requests.clear();
});

describe("a program that imports the package", () => {
  it("loads no SDK, no zod and no proxy until it needs them", async () => {
    const { stdout } = await runProgram(`
      const provider = aws({ endpoint: "http://127.0.0.1:1" });
      const plain = [...loaded()];
      await provider.close();
      const { default: plugin } = await import("@cloudlink/provider-aws");
      await plugin.settingsSchema["~standard"].validate({});
      console.log(JSON.stringify({ plain, later: loaded().slice(plain.length) }));
    `);
    const { plain, later } = JSON.parse(stdout) as Record<"plain" | "later", string[]>;
    expect(plain.length).toBeGreaterThan(10);
    const heavy = /node_modules\/(@aws-sdk|@smithy|zod|https-proxy-agent|proxy-from-env)\//;
    expect(plain.filter((url) => heavy.test(url))).toEqual([]);
    expect(later.some((url) => /node_modules\/zod\//.test(url))).toBe(true);
  });

  it("loads the SDK with its first call, so that the promise above can fail", async () => {
    const { stdout, stderr } = await runProgram(
      `${callingProgram}
      const provider = aws({ endpoint });
      await provider.kinds[0].get(callUnder(makeLease()), request);
      console.log(loaded().filter((url) => /node_modules\\/@aws-sdk\\//.test(url)).length);
      await provider.close();`,
      calling,
    );
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(stderr).toBe("");
  });
});

describe("a process", () => {
  it("ends by itself once its provider is closed, with nothing printed", async () => {
    const ended = await runProgram(
      `${callingProgram}
      const provider = aws({ endpoint });
      const { value } = await provider.kinds[0].get(callUnder(makeLease(), background().withTimeout(3_600_000)), request);
      console.log(value.powerState);
      await provider.close();`,
      calling,
    );
    expect(ended).toEqual({ code: 0, stdout: "running\n", stderr: "" });
  });

  it("ends by itself after calls that were canceled, timed out or cut short by close()", async () => {
    sandbox.faults.add({ fault: { kind: "hang" } });
    const held = [1, 2, 3].map(() => sandbox.nextRequest());
    const ended = await runProgram(
      `${callingProgram}
      const provider = aws({ endpoint });
      const [machines] = provider.kinds;
      const codes = [];
      const failing = async (ctx) => await machines.get(callUnder(makeLease(), ctx), request).catch(({ code }) => codes.push(code));
      const canceled = background().withCancel();
      const calls = [failing(canceled), failing(background().withTimeout(1)), failing(background())];
      await calls[1];
      canceled.cancel();
      await calls[0];
      await provider.close();
      await calls[2];
      console.log(codes.join());`,
      calling,
    );
    expect(ended).toEqual({ code: 0, stdout: "deadline_exceeded,canceled,canceled\n", stderr: "" });
    expect(held).toHaveLength(3);
  });

  it("keeps nothing of a lease that the kernel let go of: not its keys, not its clients", async () => {
    const ended = await runProgram(
      `${callingProgram}
      const provider = aws({ endpoint });
      const [machines] = provider.kinds;
      const kept = makeLease();
      await machines.get(callUnder(kept), request);
      let gone = 0;
      const registry = new FinalizationRegistry(() => { gone += 1; });
      const COUNT = 20;
      // In a function of its own: what stands in a module's variables stays.
      const use = async () => {
        const lease = makeLease();
        registry.register(lease);
        registry.register(lease.keys);
        await machines.get(callUnder(lease), request);
      };
      for (let index = 0; index < COUNT; index++) await use();
      // Each collection takes what the one before has found, and a socket may hold on to the last call that used it.
      for (let round = 0; round < 50 && gone < 2 * COUNT; round++) {
        await machines.get(callUnder(kept), request);
        globalThis.gc();
      }
      console.log(gone);
      await provider.close();`,
      { ...calling, flags: ["--expose-gc"] },
    );
    expect(ended.stderr).toBe("");
    expect(Number(ended.stdout)).toBe(40);
  });
});
