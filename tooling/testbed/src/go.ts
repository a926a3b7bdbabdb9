import { installOnDebian } from "./debian-packages.ts";
import type { Progress } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** What Debian 12 has, and the oldest that was tried. */
const OLDEST_MINOR = 19;
/** The second is where Go's own archive is to be unpacked, which does not put it on the PATH. */
const candidates = ["go", "/usr/local/go/bin/go"];

/** A Go that builds. As root on Debian it is installed where there is none. */
export async function findGo(progress: Progress): Promise<string> {
  const found = await search();
  if (found !== undefined) return found;
  if (await installOnDebian({ name: "Go", packages: ["golang-go"], progress })) {
    const installed = await search();
    if (installed !== undefined) return installed;
  }
  throw new TestbedError(
    `Go 1.${OLDEST_MINOR} or later is missing: on Debian or Ubuntu run \`apt-get install golang-go\`, elsewhere see https://go.dev/doc/install`,
  );
}

async function search(): Promise<string | undefined> {
  for (const command of candidates) {
    const { exitCode, stdout } = await runCommand([command, "env", "GOVERSION"]);
    const minor = /^go1\.(\d+)/.exec(stdout)?.[1];
    if (exitCode === 0 && minor !== undefined && Number(minor) >= OLDEST_MINOR) return command;
  }
  return undefined;
}
