import { CloudLinkError } from "@cloudlink/core";
import { partitionOfRegion } from "./partition.ts";

/**
 * The error for a region that is not of the partition, or of none if no partition is given; `undefined` where there is nothing wrong
 * with it. It is looked at before a request leaves, for a host that does not exist.
 */
export function unknownRegion(region: string, expected?: string): CloudLinkError | undefined {
  const partition = partitionOfRegion(region);
  if (partition !== undefined && (expected === undefined || partition === expected)) return undefined;
  const name = JSON.stringify(region.slice(0, 40));
  return new CloudLinkError({
    reason: "ErrUnknownRegion",
    message:
      partition === undefined
        ? `${name} is no region of AWS. Write it as AWS does: eu-west-1.`
        : `The region ${name} is in the partition "${partition}", not in ${JSON.stringify((expected ?? "").slice(0, 40))}.`,
    origin: "caller",
    provider: "aws",
  });
}
