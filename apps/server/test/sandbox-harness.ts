import { type Cache, noCache, staticCredentials } from "@cloudlink/core";
import { createNexus } from "@cloudlink/nexus";
import { aws } from "@cloudlink/provider-aws";
import { createSandbox, type Sandbox, type SandboxSettings } from "@cloudlink/sandbox";
import { startServer } from "../src/index.ts";

/** A server on the sandbox's three accounts. */
export interface SandboxHarness extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly sandbox: Sandbox;
  /** Vendor ids of machines that run. */
  readonly running: readonly string[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

export async function startSandboxHarness({
  cache = noCache,
  ...settings
}: SandboxSettings & { readonly cache?: Cache } = {}): Promise<SandboxHarness> {
  const sandbox = await createSandbox(settings);
  const nexus = createNexus({
    providers: [aws({ endpoint: sandbox.endpoint })],
    accounts: sandbox.accounts.map(({ id }) => ({
      ...{ provider: "aws", partition: "aws", account: id, regions: ["us-east-1", "eu-west-1"], role: "reader" },
    })),
    credentials: staticCredentials(({ account }) => ({ ...sandbox.credentialsOf(account) })),
    cache,
    // Unless its test is about them, the sandbox has none.
    ...(settings.limits !== "published" && { limits: { of: () => "none" as const } }),
  });
  const server = await startServer({ nexus, port: 0 });
  const close = async () => {
    await server.close();
    await nexus.close();
    await sandbox.close();
  };
  return {
    url: server.url,
    port: server.port,
    sandbox,
    running: sandbox.instances.list().flatMap(({ state, arn }) => (state === "running" ? [arn] : [])),
    get: (path, headers = {}) => fetch(`${server.url}${path}`, { headers }),
    post: (path, body, headers = {}) =>
      fetch(`${server.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
