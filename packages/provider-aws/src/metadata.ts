import { type ProviderMetadata, VirtualMachine } from "@cloudlink/core";
import packageJson from "../package.json" with { type: "json" };
import { powerOperations } from "./ec2/power-action.ts";
import { partitionNames } from "./partition.ts";
import { ambientParameters, leaseKeys } from "./settings.ts";

/** The most values of one EC2 filter, and so the most ids of one batch read (EC2 API reference, DescribeInstances). */
export const MOST_FILTER_VALUES = 200;

/** The largest page of DescribeInstances (EC2 API reference, MaxResults: 5 to 1,000). */
export const LARGEST_PAGE = 1000;
export const SMALLEST_PAGE = 5;

const describe = ["ec2:DescribeInstances"];
const describeWithHealth = [...describe, "ec2:DescribeInstanceStatus"];

const accountAndRegion = ["account", "region"] as const;

/** What this provider says of itself. */
export const metadata: ProviderMetadata = {
  name: "aws",
  version: packageJson.version,
  displayName: "Amazon Web Services",
  partitions: partitionNames,
  kinds: [
    {
      kind: VirtualMachine.name,
      major: VirtualMachine.major,
      regional: true,
      refTemplates: [{ template: "arn:{partition}:ec2:{region}:{account}:instance/{id}" }],
      // Only the view `health` sends DescribeInstanceStatus. It is named for every view all the same: operations say which limits a call
      // is charged to, and both are counted by the same one, whose budget is shared, so that naming one or both is the same.
      get: { operations: describeWithHealth, views: ["standard", "health"], native: true },
      getMany: { operations: describeWithHealth, views: ["standard", "health"], maxRefs: MOST_FILTER_VALUES },
      list: {
        operations: describe,
        views: ["standard"],
        pushDown: ["powerState", "name", "placement.zone", "placement.network", "size.name", "tags"],
        maxPageSize: LARGEST_PAGE,
      },
      // EC2 shows nothing of a reboot, so it is done when EC2 has taken it.
      actions: {
        start: { operations: [powerOperations.start], dryRun: true, follow: { operations: describe } },
        stop: { operations: [powerOperations.stop], dryRun: true, follow: { operations: describe } },
        reboot: { operations: [powerOperations.reboot], dryRun: true },
      },
      // DescribeInstances carries no secret: user data has a call of its own.
      sensitive: [],
    },
  ],
  // EC2 API reference, "Request throttling": non-mutating actions share a bucket of 100 that refills by 20 a second.
  limits: [
    {
      name: "ec2-describe",
      dimensions: accountAndRegion,
      operations: describeWithHealth,
      burst: 100,
      refillPerSecond: 20,
    },
    // The same page: each action is counted by itself. StartInstances has numbers of its own ("Uncategorized actions"), the other two those
    // of mutating actions. EC2 counts the instances started and stopped too (1,000 at once; 2 and 20 a second), which with one instance a
    // request never is the narrower limit. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
    {
      name: "ec2-start",
      dimensions: accountAndRegion,
      operations: [powerOperations.start],
      burst: 5,
      refillPerSecond: 2,
    },
    {
      name: "ec2-stop",
      dimensions: accountAndRegion,
      operations: [powerOperations.stop],
      burst: 50,
      refillPerSecond: 5,
    },
    {
      name: "ec2-reboot",
      dimensions: accountAndRegion,
      operations: [powerOperations.reboot],
      burst: 50,
      refillPerSecond: 5,
    },
  ],
  hosts: [
    "ec2.*.amazonaws.com",
    "ec2.*.amazonaws.com.cn",
    "ec2.*.api.aws",
    "sts.*.amazonaws.com",
    "sts.*.amazonaws.com.cn",
    "sts.amazonaws.com",
  ],
  credentials: { ambient: true, parameters: ambientParameters, keys: leaseKeys },
};
