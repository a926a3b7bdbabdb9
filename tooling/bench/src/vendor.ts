import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** The account and region that the benchmarks read. */
export const ACCOUNT = "111111111111";
export const REGION = "us-east-1";

/** A sandbox in a process of its own, so that its CPU is not counted with what is measured. */
export interface Vendor extends AsyncDisposable {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** How many requests the vendor has been sent, by its own count. */
  requestCount(): Promise<number>;
}

/** @param count - how many instances live in {@link ACCOUNT}, {@link REGION}, beside the usual few. */
export async function startVendor({ count }: { readonly count: number }): Promise<Vendor> {
  const main = join(dirname(createRequire(import.meta.url).resolve("@cloudlink/sandbox")), "main.js");
  const child = spawn(process.execPath, [main, "--port", "0", "--count", String(count), "--ready-json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const ready = JSON.parse(line) as {
    endpoint: string;
    accounts: { id: string; accessKeys: Vendor["credentials"][] }[];
  };
  const credentials = ready.accounts.find(({ id }) => id === ACCOUNT)?.accessKeys[0];
  if (credentials === undefined) throw new Error(`the sandbox has no key for ${ACCOUNT}`);
  return {
    endpoint: ready.endpoint,
    credentials,
    async requestCount() {
      const response = await fetch(`${ready.endpoint}/_sandbox/requests?limit=0`);
      return ((await response.json()) as { count: number }).count;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}
