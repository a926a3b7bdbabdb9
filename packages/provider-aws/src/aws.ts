import { CONTRACT_VERSION, type Provider } from "@cloudlink/core";
import { createVirtualMachineHandler } from "./ec2/virtual-machine-handler.ts";
import { metadata } from "./metadata.ts";
import { partitionOfRegion } from "./partition.ts";
import { createSessions } from "./sessions.ts";
import type { AwsSettings } from "./settings.ts";

/** Where whose credentials they are is asked when no region is configured: the one that every account of the commercial partition has. */
const ANY_REGION = "us-east-1";

/**
 * The provider for Amazon Web Services.
 *
 * Credentials come from the call's lease: its keys (`accessKeyId`, `secretAccessKey`, `sessionToken`), or AWS's default chain, which
 * the parameters `profile`, `roleArn` and `externalId` of the lease steer, and where they are left out the settings.
 */
export function aws(settings: AwsSettings = {}): Provider {
  const sessions = createSessions(settings);
  return {
    contractVersion: CONTRACT_VERSION,
    metadata,
    kinds: [createVirtualMachineHandler(sessions)],
    async identify(call) {
      const usual = await sessions.usualRegion();
      const regions = settings.regions ?? (usual === undefined ? [] : [usual]);
      const region = regions[0] ?? ANY_REGION;
      const { account, arn } = await sessions.identity(call, region);
      return { partition: partitionOfRegion(region) ?? "aws", account, principal: arn, regions };
    },
    async close() {
      sessions.close();
    },
  };
}
