import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installOnDebian } from "./debian-packages.ts";
import { type Progress, printProgress } from "./progress.ts";
import { lastWords, runCommand } from "./run-command.ts";
import { TestbedError } from "./testbed-error.ts";

/** A certificate for 127.0.0.1 and localhost, of an authority of its own. */
export interface TestCertificate {
  /** The authority's certificate in PEM: what a client has to trust. */
  readonly ca: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A test run does not last longer. */
const DAYS = ["-days", "2"] as const;
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"] as const;

/**
 * Finds `openssl` on the PATH; as root on Debian it is installed where there is none.
 *
 * @throws TestbedError, in one line, when it is missing.
 */
export async function ensureOpenssl(options: { readonly progress?: Progress } = {}): Promise<void> {
  const { progress = printProgress } = options;
  const isThere = async () => (await runCommand(["openssl", "version"])).exitCode === 0;
  if (await isThere()) return;
  if ((await installOnDebian({ name: "openssl", packages: ["openssl"], progress })) && (await isThere())) return;
  throw new TestbedError("openssl is missing: on Debian or Ubuntu run `apt-get install openssl`");
}

/** Makes a certificate, valid for two days, in a folder. */
export async function makeTestCertificate(request: {
  readonly folder: string;
  readonly progress?: Progress;
}): Promise<TestCertificate> {
  await ensureOpenssl(request);
  const [caFile = "", caKey = "", certificateFile = "", keyFile = "", signingRequest = "", extensions = ""] = [
    "ca.crt",
    "ca.key",
    "server.crt",
    "server.key",
    "server.csr",
    "server.ext",
  ].map((name) => join(request.folder, name));
  await writeFile(extensions, "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  const authority = ["-subj", "/CN=CloudLink test bed", "-keyout", caKey, "-out", caFile];
  const server = ["-subj", "/CN=localhost", "-keyout", keyFile, "-out", signingRequest];
  const signature = ["-CA", caFile, "-CAkey", caKey, "-CAcreateserial", "-extfile", extensions];
  await openssl(["req", "-x509", ...NEW_KEY, ...DAYS, ...authority]);
  await openssl(["req", ...NEW_KEY, ...server]);
  await openssl(["x509", "-req", "-in", signingRequest, ...signature, ...DAYS, "-out", certificateFile]);
  return { ca: await readFile(caFile, "utf8"), caFile, certificateFile, keyFile };
}

async function openssl(args: readonly string[]): Promise<void> {
  const result = await runCommand(["openssl", ...args]);
  if (result.exitCode !== 0) throw new TestbedError(`openssl ${args[0]} failed: ${lastWords(result)}`);
}
