import { CloudLinkError, CONTRACT_VERSION, type Provider } from "@cloudlink/core";
import { createVirtualMachineHandler } from "./ec2/virtual-machine-handler.ts";
import { metadata } from "./metadata.ts";
import { partitionNames, partitionOfRegion } from "./partition.ts";
import { createSessions } from "./sessions.ts";
import type { AwsSettings } from "./settings.ts";
import { unknownRegion } from "./unknown-region.ts";

/** Where whose credentials they are is asked when no region is configured: the one that every account of the commercial partition has. */
const ANY_REGION = "us-east-1";

/**
 * The provider for Amazon Web Services.
 *
 * Credentials come from the call's lease: its keys (`accessKeyId`, `secretAccessKey`, `sessionToken`), or AWS's default chain, which
 * the parameters `profile`, `roleArn` and `externalId` of the lease steer, and where they are left out the settings.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for an endpoint that is no URL of HTTP or HTTPS.
 */
export function aws(settings: AwsSettings = {}): Provider {
  checkEndpoint(settings.endpoint);
  const sessions = createSessions(settings);
  return {
    contractVersion: CONTRACT_VERSION,
    metadata,
    kinds: [createVirtualMachineHandler(sessions)],
    async identify(call) {
      const usual = settings.regions === undefined ? await sessions.usualRegion(call) : undefined;
      const regions = settings.regions ?? (usual === undefined ? [] : [usual]);
      const region = regions[0] ?? ANY_REGION;
      const unknown = unknownRegion(region);
      if (unknown !== undefined) throw unknown;
      const { account, arn } = await sessions.identity(call, region);
      return { partition: partitionOfArn(arn) ?? partitionOfRegion(region) ?? "aws", account, principal: arn, regions };
    },
    async close() {
      sessions.close();
    },
  };
}

function partitionOfArn(arn: string): string | undefined {
  const [, partition = ""] = arn.split(":");
  return partitionNames.includes(partition) ? partition : undefined;
}

function checkEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined || (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol))) return;
  throw new CloudLinkError({
    reason: "ErrInvalidSettings",
    message: "The endpoint of the AWS provider is no URL. Write it with its protocol: http://127.0.0.1:4566.",
    origin: "caller",
    provider: "aws",
  });
}
