import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce } from "./build-once.ts";
import { cacheFolder } from "./cache-folder.ts";
import { findGo } from "./go.ts";
import { type Progress, printProgress } from "./progress.ts";
import { lastWords, runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** The Go module that names toxiproxy and all that it is made of. */
const module = fileURLToPath(new URL("../toxiproxy", import.meta.url));
const SERVER = "github.com/Shopify/toxiproxy/v2/cmd/server";

/** A Toxiproxy that can be started. */
export interface ToxiproxyInstallation {
  readonly toxiproxyServer: string;
}

/**
 * Builds Toxiproxy where it is not yet, at exactly the versions of `toxiproxy/go.mod`. Go's module proxy and caches are used as
 * the machine has them configured.
 *
 * @throws TestbedError, in one line, for what is missing.
 */
export async function ensureToxiproxy(options: { readonly progress?: Progress } = {}): Promise<ToxiproxyInstallation> {
  const { progress = printProgress } = options;
  const [goMod, goSum] = await Promise.all(["go.mod", "go.sum"].map((name) => readFile(join(module, name), "utf8")));
  const folder = cacheFolder(`${SERVER}\n${goMod}\n${goSum}`);
  await buildOnce({
    folder,
    progress,
    isSound: async (built) => (await runCommand([programIn(built), "-version"])).exitCode === 0,
    build: (aside) => build(aside, progress),
  });
  return { toxiproxyServer: programIn(folder) };
}

function programIn(folder: string): string {
  return join(folder, "toxiproxy-server");
}

async function build(folder: string, progress: Progress): Promise<void> {
  const go = await findGo(progress);
  progress("building Toxiproxy: one or two minutes");
  // -p=2: it is built beside other work. No C compiler is needed, and no workspace of the machine's has a say.
  const env = { ...process.env, GOFLAGS: "-p=2 -buildvcs=false -mod=readonly", CGO_ENABLED: "0", GOWORK: "off" };
  const command = [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", programIn(folder), SERVER] as const;
  const result = await runCommand(command, { env, cwd: module });
  if (result.exitCode !== 0) {
    throw new TestbedError(`Toxiproxy could not be built: \`${command.join(" ")}\` failed: ${lastWords(result)}`);
  }
  progress("Toxiproxy is built");
}
