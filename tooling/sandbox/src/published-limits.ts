/** How many tokens a bucket holds, and how many come back in a second. */
export interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/** What of a request decides which bucket it takes from. */
export interface RequestShape {
  /** Names filters or ids. */
  readonly isFiltered: boolean;
  /** Names a page size or a page token. */
  readonly isPaginated: boolean;
}

/*
 * EC2 Developer Guide, "Request throttling for the Amazon EC2 API" (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html),
 * tables "Request token bucket sizes and refill rates" and "Resource token bucket sizes and refill rates". Per account and
 * region, and "each API is evaluated individually": a bucket of its own for each action.
 */
const NON_MUTATING: BucketSize = { capacity: 100, perSecond: 20 };
const UNFILTERED_AND_UNPAGINATED: BucketSize = { capacity: 50, perSecond: 10 };
const MUTATING: BucketSize = { capacity: 50, perSecond: 5 };
const RESOURCE_INTENSIVE: BucketSize = { capacity: 50, perSecond: 5 };

/** The actions with a smaller bucket for a call that neither filters nor pages. */
const UNFILTERED_ACTIONS: ReadonlySet<string> = new Set([
  "DescribeInstances",
  "DescribeInstanceStatus",
  "DescribeNetworkInterfaces",
  "DescribeSecurityGroups",
  "DescribeSnapshots",
  "DescribeSpotInstanceRequests",
  "DescribeVolumes",
]);

const RESOURCE_INTENSIVE_ACTIONS: ReadonlySet<string> = new Set([
  "AcceptVpcPeeringConnection",
  "AuthorizeSecurityGroupIngress",
  "CancelSpotInstanceRequests",
  "CreateKeyPair",
  "CreateVpcPeeringConnection",
  "DeleteVpcPeeringConnection",
  "RejectVpcPeeringConnection",
  "RevokeSecurityGroupIngress",
  "RequestSpotInstances",
]);

/** "Uncategorized actions": of some hundred, those that act on instances. StopInstances is not among them. */
const UNCATEGORIZED: ReadonlyMap<string, BucketSize> = new Map([
  ["RunInstances", { capacity: 5, perSecond: 2 }],
  ["StartInstances", { capacity: 5, perSecond: 2 }],
  ["TerminateInstances", { capacity: 100, perSecond: 5 }],
]);

const RESOURCES: ReadonlyMap<string, BucketSize> = new Map([
  ["RunInstances", { capacity: 1000, perSecond: 2 }],
  ["TerminateInstances", { capacity: 1000, perSecond: 20 }],
  ["StartInstances", { capacity: 1000, perSecond: 2 }],
  ["StopInstances", { capacity: 1000, perSecond: 20 }],
]);

/** IAM User Guide, "IAM and AWS STS quotas": 600 requests per second, account and region for these actions of STS together. */
export const STS_BUCKET: BucketSize = { capacity: 600, perSecond: 600 };

/** The bucket that one request of EC2 takes its token from. */
export function requestBucketOf(
  action: string,
  shape: RequestShape,
): { readonly name: string; readonly size: BucketSize } {
  const own = UNCATEGORIZED.get(action);
  if (own !== undefined) return { name: action, size: own };
  if (UNFILTERED_ACTIONS.has(action) && !shape.isFiltered && !shape.isPaginated) {
    return { name: `${action}/unfiltered`, size: UNFILTERED_AND_UNPAGINATED };
  }
  if (/^(?:Describe|List|Search|Get)/.test(action)) return { name: action, size: NON_MUTATING };
  return { name: action, size: RESOURCE_INTENSIVE_ACTIONS.has(action) ? RESOURCE_INTENSIVE : MUTATING };
}

/** The bucket of the resources that a request changes, for the actions that have one. */
export function resourceBucketOf(action: string): BucketSize | undefined {
  return RESOURCES.get(action);
}
