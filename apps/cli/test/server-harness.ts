import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryCache } from "@cloudlink/cache";
import { composeConfiguration, readConfiguration } from "@cloudlink/config";
import { noCache } from "@cloudlink/core";
import { createNexus } from "@cloudlink/nexus";
import awsPlugin from "@cloudlink/provider-aws";
import { createSandbox, type SandboxCredentials, type SandboxSettings } from "@cloudlink/sandbox";
import { startServer } from "@cloudlink/server";
import { ACCOUNT, deniedKey, REGION, type ShellHarness, type StartHarness, type Way } from "./harness.ts";

/** Whom a server calls each of its accounts as. */
type Keys = Readonly<Record<string, SandboxCredentials>>;

/**
 * The shell with a server in between, which calls the vendor: the shell itself has no credentials and no endpoint. A server calls as its
 * configuration says, so that there is one for each caller. It keeps nothing, so that what holds of the shell's own kernel holds of it.
 */
export const startServerHarness: StartHarness = (settings) => startServers(settings, { caching: false });

/** The same with servers that keep what they see. */
export const startCachingServerHarness: StartHarness = (settings) => startServers(settings, { caching: true });

async function startServers(settings: SandboxSettings, { caching }: { caching: boolean }): Promise<ShellHarness> {
  const sandbox = await createSandbox(settings);
  const home = await mkdtemp(join(tmpdir(), "cloudlink-cli-"));
  const env = { PATH: process.env.PATH ?? "", HOME: home };
  const own = sandbox.credentialsOf(ACCOUNT);
  const denied = deniedKey(sandbox);
  const unknown = { accessKeyId: "AKIAUNKNOWNUNKNOWNUN", secretAccessKey: "not-known-to-anybody" };
  const keys: readonly Keys[] = [
    { [ACCOUNT]: own },
    { [ACCOUNT]: denied },
    { [ACCOUNT]: unknown },
    { [ACCOUNT]: own, "222222222222": sandbox.credentialsOf("222222222222"), "333333333333": denied },
  ];
  const servers = await Promise.all(keys.map((each) => serve(sandbox.endpoint, { keys: each, caching })));
  const [ownWay, deniedWay, unknownWay, severalWay] = servers.map(({ url }): Way => ({ args: ["--server", url], env }));
  if (ownWay === undefined || deniedWay === undefined || unknownWay === undefined || severalWay === undefined) {
    throw new Error("A server is missing.");
  }
  return {
    sandbox,
    ...ownWay,
    as: (caller) => (caller === "denied" ? deniedWay : unknownWay),
    lookingIn: (accounts) => ({ ...severalWay, args: [...severalWay.args, "--account", accounts.join(",")] }),
    firstCall: "DescribeInstances",
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.close();
      await sandbox.close();
      await rm(home, { recursive: true });
    },
  };
}

async function serve(endpoint: string, { keys, caching }: { readonly keys: Keys; readonly caching: boolean }) {
  const environment: Record<string, string> = { TOKEN_KEY: "k".repeat(32) };
  const accounts = Object.entries(keys).map(([account, { accessKeyId, secretAccessKey }]) => {
    environment[`ID_${account}`] = accessKeyId;
    environment[`SECRET_${account}`] = secretAccessKey;
    return `
  - provider: aws
    partition: aws
    account: "${account}"
    regions: [${REGION}]
    credentials:
      keys: { accessKeyId: { env: ID_${account} }, secretAccessKey: { env: SECRET_${account} } }`;
  });
  const text = `
version: 1
providers: { aws: { endpoint: "${endpoint}" } }
accounts:${accounts.join("")}
server: { port: 0, tokenKey: { env: TOKEN_KEY }, drainMs: 100 }
`;
  const configuration = await readConfiguration({ text, environment });
  const composition = await composeConfiguration(configuration, { plugins: [awsPlugin] });
  const nexus = createNexus({ ...composition, cache: caching ? createMemoryCache() : noCache });
  const { tenant, server: bounds } = configuration;
  const { tokenKey: _ofTheKernel, ...rest } = bounds;
  const server = await startServer({ nexus, tenant, ...rest });
  return {
    url: server.url,
    async close() {
      await server.close();
      await nexus.close();
    },
  };
}
