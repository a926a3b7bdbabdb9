import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ACCOUNT, REGION, type Row, type RowRequest, startVendor, type Vendor } from "@cloudlink/measure";
import { spreadOf } from "../measure.ts";
import { cpuOfProgram, oneInstance, sdkAnswer } from "./start-up.ts";

/** Says, when asked, what CPU the process has taken since Node was up, in microseconds. */
const teller = `data:text/javascript,${encodeURIComponent(`
const before = process.cpuUsage();
process.on("message", () => {
  const { user, system } = process.cpuUsage(before);
  process.send(user + system);
});
process.channel.unref();`)}`;

/** The control: a server that has all there is at hand before it is asked, and answers each question in two new workers, to be sure. */
const everythingAtOnce = `
const { Worker } = await import("node:worker_threads");
const load = 'await import("@aws-sdk/client-ec2"); await import("@aws-sdk/client-sts");';
const inWorker = (code) => new Promise((resolve) => new Worker("(async () => {" + code + "})();", { eval: true, execArgv: [] }).once("exit", resolve));
await Promise.all([inWorker(load), inWorker(load), inWorker(load)]);
const { createServer } = await import("node:http");
const server = createServer(async (request, response) => {
  if (request.url.startsWith("/v1/")) await Promise.all([inWorker(process.env.ASK), inWorker(process.env.ASK)]);
  response.end("{}");
});
server.listen(0, "127.0.0.1", () => console.error("naive: http://127.0.0.1:" + server.address().port + " "));
process.on("SIGTERM", () => server.close(() => process.exit()));`;

/** Row 15 for the server: what its process pays until it says that it is ready, and for its first live answer, SDK loaded and all. */
export const serverStart: Row = {
  row: "speed-15",
  group: "live",
  async measure(request) {
    const { subjects, size } = request;
    await using vendor = await startVendor({ count: 100 });
    const folder = mkdtempSync(join(tmpdir(), "cloudlink-bench-"));
    try {
      const environment = { ...process.env, ...(await oneInstance(subjects.sdk, vendor)) };
      const rounds = size === "full" ? 11 : 1;
      const ready: number[] = [];
      const answers: number[] = [];
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const { readyMs, answerMs } = await startAndAsk(request, { vendor, folder, environment });
        const sdkMs = await cpuOfProgram(subjects, { program: sdkAnswer, environment });
        ready.push(readyMs);
        answers.push(answerMs);
        ratios.push(answerMs / sdkMs);
      }
      const [untilReady, answered, ratio] = [spreadOf(ready), spreadOf(answers), spreadOf(ratios)];
      return [
        {
          row: "speed-15",
          name: "the server's process until /readyz says that it is ready, CPU",
          value: untilReady.median,
          unit: "ms",
          goal: { atMost: 400 },
          n: rounds,
          spread: [untilReady.min, untilReady.max],
        },
        {
          row: "speed-15",
          name: "the server's first live answer ÷ the SDK's own import and call, CPU",
          value: ratio.median,
          unit: "x",
          goal: { atMost: 1.3 },
          n: rounds,
          spread: [ratio.min, ratio.max],
          note: `${answered.median.toFixed(0)} ms of the server's process, from ready to answered`,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function startAndAsk(
  { subjects, control }: RowRequest,
  on: { readonly vendor: Vendor; readonly folder: string; readonly environment: NodeJS.ProcessEnv },
): Promise<{ readonly readyMs: number; readonly answerMs: number }> {
  const { vendor, folder, environment } = on;
  const config = join(folder, "cloudlink.yaml");
  writeFileSync(config, configurationOf(vendor));
  const main = fileURLToPath(new URL("main.js", subjects.resolve("@cloudlink/server")));
  const resolved = (program: string) =>
    program.replace(/import\("(@[^"]+)"\)/g, (_, name: string) => `import("${subjects.resolve(name)}")`);
  const program = control
    ? ["--input-type=module", "--eval", resolved(everythingAtOnce)]
    : [main, "--config", config, "--port", "0"];
  // With the log that a server has by default, to where it is thrown away.
  const child = spawn(process.execPath, ["--import", teller, ...program], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...environment, ASK: resolved(sdkAnswer) },
  });
  const exited = once(child, "exit");
  try {
    if (child.stderr === null) throw new Error("the server has no stderr");
    const url = await urlIn(child.stderr);
    const cpuMs = async () => {
      child.send("cpu");
      const [microseconds] = (await once(child, "message")) as [number];
      return microseconds / 1_000;
    };
    await answerOf(`${url}/readyz`);
    const readyMs = await cpuMs();
    await answerOf(`${url}/v1/resource?ref=arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${environment.ID}`);
    return { readyMs, answerMs: (await cpuMs()) - readyMs };
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
}

/** The first URL that a program prints. @throws what it printed, when it ends without one. */
async function urlIn(printed: Readable): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(printed)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
    lines.push(line);
  }
  throw new Error(`the server did not start:\n${lines.join("\n")}`);
}

async function answerOf(url: string): Promise<void> {
  const response = await fetch(url, { headers: { connection: "close" } });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${body}`);
}

function configurationOf({ endpoint }: Vendor): string {
  return `version: 1
providers:
  aws:
    endpoint: ${endpoint}
accounts:
  - provider: aws
    account: "${ACCOUNT}"
    regions: [${REGION}]
    role: reader
    credentials:
      keys:
        accessKeyId: { env: KEY }
        secretAccessKey: { env: SECRET }
`;
}
