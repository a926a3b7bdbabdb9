import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = join(import.meta.dirname, "../..");
const urlOf = (file: string) => pathToFileURL(join(packages, file)).href;

/** Written before each program: the packages as they are in the source, a provider of {@link Thing}, and a `never` that does not settle. */
const preamble = `
  import { registerHooks } from "node:module";
  const core = ${JSON.stringify(urlOf("core/src/index.ts"))};
  registerHooks({
    resolve: (name, context, next) => (name === "@cloudlink/core" ? { url: core, shortCircuit: true } : next(name, context)),
  });
  const { background } = await import("@cloudlink/core");
  const { createNexus } = await import(${JSON.stringify(urlOf("nexus/src/index.ts"))});
  const { fakeProvider, never } = await import(${JSON.stringify(urlOf("nexus/test/fake-provider.ts"))});
  const { Thing, thingRef } = await import(${JSON.stringify(urlOf("nexus/test/thing.ts"))});
  const kind = Thing;
  const ref = thingRef("a");
  const ended = (error) => console.log("ended with", error.code);
`;

/** Runs a program in a process of its own and waits for it to end by itself. */
export async function runProgram(text: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", preamble + text], {
    cwd: packages,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout };
}
