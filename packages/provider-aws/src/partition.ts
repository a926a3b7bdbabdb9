/**
 * The partitions of AWS and how their regions are named, from the endpoint rules that the AWS SDKs ship (`partitions.json`).
 * New regions of a partition follow its form, so a list of regions, which would be out of date, is not needed.
 */
const partitions: readonly { readonly name: string; readonly region: RegExp }[] = [
  { name: "aws-cn", region: /^cn-[a-z]+-\d+$/ },
  { name: "aws-us-gov", region: /^us-gov-[a-z]+-\d+$/ },
  { name: "aws-iso", region: /^us-iso-[a-z]+-\d+$/ },
  { name: "aws-iso-b", region: /^us-isob-[a-z]+-\d+$/ },
  { name: "aws-iso-e", region: /^eu-isoe-[a-z]+-\d+$/ },
  { name: "aws-iso-f", region: /^us-isof-[a-z]+-\d+$/ },
  { name: "aws-eusc", region: /^eusc-[a-z]{2}-[a-z]+-\d+$/ },
  { name: "aws", region: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/ },
];

/** Names of the partitions. */
export const partitionNames: readonly string[] = partitions.map(({ name }) => name);

/** The partition that a region belongs to, or `undefined` if no region is named so. */
export function partitionOfRegion(region: string): string | undefined {
  return partitions.find((partition) => partition.region.test(region))?.name;
}
