import { CloudLinkError, CONTRACT_VERSION, type Provider } from "@cloudlink/core";
import { checkRoleArn } from "./ambient.ts";
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
 * @throws `invalid_argument` (`ErrInvalidSettings`) for an endpoint that is no URL of HTTP or HTTPS, or a `roleArn` that is not one.
 */
export function aws(settings: AwsSettings = {}): Provider {
  checkEndpoints(settings);
  if (settings.roleArn !== undefined) checkRoleArn(settings.roleArn);
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

/** The SDK reads the variables by itself, and takes what has no protocol for a path: it would end in an answer that makes no sense. */
function checkEndpoints({ endpoint }: AwsSettings): void {
  if (endpoint !== undefined) checkEndpoint("The endpoint of the AWS provider", endpoint);
  else {
    for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_STS"]) {
      const value = process.env[name];
      if (value !== undefined && value !== "") checkEndpoint(name, value);
    }
  }
}

function checkEndpoint(name: string, endpoint: string): void {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return;
  throw new CloudLinkError({
    reason: "ErrInvalidSettings",
    message: `${name} is no URL. Write it with its protocol: http://127.0.0.1:4599.`,
    origin: "caller",
    provider: "aws",
  });
}
