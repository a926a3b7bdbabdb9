import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import type { SandboxSettings } from "@cloudlink/sandbox";

/** The account and region of the fleet. */
export const ACCOUNT = "111111111111";
export const REGION = "us-east-1";

/** Keys as AWS's SDKs take them. */
export interface VendorKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A sandbox in a process of its own, so that its CPU is not counted with what is measured. */
export interface Vendor extends AsyncDisposable {
  readonly endpoint: string;
  /** The key of {@link ACCOUNT}. */
  readonly credentials: VendorKeys;
  /** The accounts, each with its keys: the first may do everything. */
  readonly accounts: readonly { readonly id: string; readonly accessKeys: readonly VendorKeys[] }[];
  /** How many requests the vendor has been sent, by its own count. */
  requestCount(): Promise<number>;
  /**
   * Asks the sandbox's controls (its README has them), by a connection that ends with the answer.
   *
   * @throws what they answer, where it is no 200.
   */
  control(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
}

/** How a sandbox is started: with how many instances in {@link ACCOUNT}, {@link REGION}, beside the usual few; or with a world of its own. */
export type VendorSettings = { readonly count: number } | { readonly world: SandboxSettings };

export async function startVendor(settings: VendorSettings): Promise<Vendor> {
  const child = spawn(process.execPath, programOf(settings), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end("world" in settings ? JSON.stringify(settings.world) : "");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { endpoint, accounts } = JSON.parse(line) as Pick<Vendor, "endpoint" | "accounts">;
  const credentials = accounts.find(({ id }) => id === ACCOUNT)?.accessKeys[0];
  if (credentials === undefined) throw new Error(`the sandbox has no key for ${ACCOUNT}`);
  const control: Vendor["control"] = (method, path, body) =>
    askControls({ method, url: `${endpoint}/_sandbox/${path}`, body });
  return {
    endpoint,
    credentials,
    accounts,
    control,
    async requestCount() {
      return ((await control("GET", "requests?limit=0")) as { count: number }).count;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** The sandbox's own program; or one that makes the world that it reads, for what that program has no options for. */
function programOf(settings: VendorSettings): readonly string[] {
  const index = createRequire(import.meta.url).resolve("@cloudlink/sandbox");
  if ("count" in settings) {
    return [join(dirname(index), "main.js"), "--port", "0", "--count", String(settings.count), "--ready-json"];
  }
  const program = `
    const { createSandbox } = await import(${JSON.stringify(pathToFileURL(index).href)});
    const { text } = await import("node:stream/consumers");
    const sandbox = await createSandbox(JSON.parse(await text(process.stdin)));
    process.once("SIGTERM", () => void sandbox.close());
    const accounts = sandbox.accounts.map(({ id, accessKeys = [] }) => ({ id, accessKeys }));
    console.log(JSON.stringify({ endpoint: sandbox.endpoint, accounts }));`;
  return ["--input-type=module", "--eval", program];
}

/** Not by `fetch`, whose pool would keep connections and timers of its own in the process that is looked at. */
async function askControls(asked: {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}): Promise<unknown> {
  const { method, url, body } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const sent = request(url, { method, agent: false, headers: { "content-type": "application/json" } }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.once("error", reject);
    response.once("close", () => {
      if (response.statusCode === 200 && response.complete) resolve(JSON.parse(text));
      else reject(new Error(`${method} ${url} was answered ${response.statusCode}: ${text}`));
    });
  });
  sent.once("error", reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return await promise;
}
