import { createMemoryCache } from "@cloudlink/cache";
import { staticCredentials } from "@cloudlink/core";
import { createNexus, type Nexus } from "@cloudlink/nexus";
import { aws } from "@cloudlink/provider-aws";
import type { Sandbox } from "@cloudlink/sandbox";

/** The regions that the sandbox's accounts have machines in. */
const regions = ["us-east-1", "eu-west-1"];

/** A kernel on the accounts of a sandbox, with a cache in memory: what a program would write for its own accounts, with the sandbox's endpoint and keys. */
export function sandboxNexus(sandbox: Sandbox): Nexus {
  return createNexus({
    providers: [aws({ endpoint: sandbox.endpoint })],
    accounts: sandbox.accounts.map(({ id }) => ({
      provider: "aws",
      partition: "aws",
      account: id,
      regions,
      role: "reader",
    })),
    cache: createMemoryCache(),
    credentials: staticCredentials(({ account }) => ({ ...sandbox.credentialsOf(account) })),
  });
}
