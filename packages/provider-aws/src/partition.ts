const direction = "(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\\d{1,2}";
const form = (prefix: string) => new RegExp(`^${prefix}-${direction}$`);

/**
 * The partitions of AWS and how their regions are named, from the endpoint rules that the AWS SDKs ship (`partitions.json`).
 * New regions of a partition follow its form, so a list of regions, which would be out of date, is not needed. The direction is closed
 * here, which the rules leave open: `us-est-1` would otherwise be asked for on the network.
 */
const partitions: readonly { readonly name: string; readonly region: RegExp }[] = [
  // The default of whoever names none.
  { name: "aws", region: form("(?:us|eu|ap|sa|ca|me|af|il|mx)") },
  { name: "aws-cn", region: form("cn") },
  { name: "aws-us-gov", region: form("us-gov") },
  { name: "aws-iso", region: form("us-iso") },
  { name: "aws-iso-b", region: form("us-isob") },
  { name: "aws-iso-e", region: form("eu-isoe") },
  { name: "aws-iso-f", region: form("us-isof") },
  { name: "aws-eusc", region: form("eusc-[a-z]{2}") },
];

/** Names of the partitions; the first is the default. */
export const partitionNames: readonly string[] = partitions.map(({ name }) => name);

/** The partition that a region belongs to, or `undefined` if no region is named so. */
export function partitionOfRegion(region: string): string | undefined {
  return partitions.find((partition) => partition.region.test(region))?.name;
}
