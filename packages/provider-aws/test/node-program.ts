import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = join(import.meta.dirname, "../..");

/** The packages of the workspace as they are in the source, so that a program of a test needs no build. */
const sources = Object.fromEntries(
  [
    ["@cloudlink/core", "core/src/index.ts"],
    ["@cloudlink/provider-aws", "provider-aws/src/index.ts"],
  ].map(([name, file]) => [name, pathToFileURL(join(packages, file ?? "")).href]),
);

/** Written before each program: `loaded()` names every module that has been loaded so far. */
const preamble = `
  import { registerHooks } from "node:module";
  const sources = ${JSON.stringify(sources)};
  const urls = [];
  registerHooks({
    resolve: (name, context, next) => (name in sources ? { url: sources[name], shortCircuit: true } : next(name, context)),
    load(url, context, next) { urls.push(url); return next(url, context); },
  });
  const loaded = () => urls;
  const { background, createScope, createRef, Secret } = await import("@cloudlink/core");
  const { aws } = await import("@cloudlink/provider-aws");
`;

/** What became of a program. */
export interface Ended {
  /** Null where it had to be ended. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in a process of its own, with `aws` and what a call needs at hand, and waits for it to end by itself.
 *
 * @param settings.environment - all that it has of one.
 */
export async function runProgram(
  text: string,
  settings: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly flags?: readonly string[];
    readonly arguments?: readonly string[];
  } = {},
): Promise<Ended> {
  const { environment = {}, flags = [] } = settings;
  const child = spawn(
    process.execPath,
    [...flags, "--input-type=module", "-e", preamble + text, ...(settings.arguments ?? [])],
    { env: { AWS_EC2_METADATA_DISABLED: "true", ...environment }, cwd: packages, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** The beginning of a program that calls the sandbox whose endpoint is its first argument; the second is the id of an instance. */
export const callingProgram = `
  const [endpoint, id] = process.argv.slice(1);
  const place = { provider: "aws", partition: "aws", account: "111111111111", region: "us-east-1" };
  const scope = createScope({ ...place, tenant: "default", role: "test" });
  const ref = createRef({ ...place, kind: "compute.VirtualMachine", id });
  const makeLease = () => ({
    id: "lease", scope, kind: "keys",
    keys: new Secret({ accessKeyId: "AKIA111111111111DEMO", secretAccessKey: "not-a-secret" }),
  });
  const report = { vendorRequest() {}, quota() {} };
  const callUnder = (lease, ctx = background()) => ({ ctx, scope, lease, report });
  const request = { ref, view: "standard", native: false };
`;
