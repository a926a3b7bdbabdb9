import { describe, expect, it } from "vitest";
import { aws } from "./aws.ts";
import { partitionNames, partitionOfRegion } from "./partition.ts";
import { unknownRegion } from "./unknown-region.ts";

describe("the partition of a region", () => {
  it.each([
    ["us-east-1", "aws"],
    ["eu-central-2", "aws"],
    ["ap-southeast-7", "aws"],
    ["mx-central-1", "aws"],
    ["il-central-1", "aws"],
    ["cn-northwest-1", "aws-cn"],
    ["us-gov-east-1", "aws-us-gov"],
    ["us-iso-west-1", "aws-iso"],
    ["us-isob-east-1", "aws-iso-b"],
    ["eu-isoe-west-1", "aws-iso-e"],
    ["us-isof-south-1", "aws-iso-f"],
    ["eusc-de-east-1", "aws-eusc"],
  ])("of %s is %s", (region, partition) => {
    expect(partitionOfRegion(region)).toBe(partition);
    expect(partitionNames).toContain(partition);
  });

  it.each([
    "",
    "-",
    "us-est-1",
    "eu-west",
    "eu-west-1a",
    "EU-WEST-1",
    "West US",
    "mars-north-1",
    " eu-west-1",
    "eu-west-1\n",
  ])("of %j is none", (region) => {
    expect(partitionOfRegion(region)).toBeUndefined();
  });
});

describe("the partitions", () => {
  it("begin with the commercial one, which is meant where nobody names another", () => {
    expect(partitionNames[0]).toBe("aws");
    expect(aws().metadata.partitions).toEqual(partitionNames);
  });
});

describe("the error for a region", () => {
  it("is none for one of the partition, and for any where no partition is given", () => {
    expect(unknownRegion("eu-west-1", "aws")).toBeUndefined();
    expect(unknownRegion("cn-north-1")).toBeUndefined();
  });

  it("repeats no more of what was written than a line holds", () => {
    const error = unknownRegion("x".repeat(100_000), "y".repeat(100_000));
    expect(error?.message.length).toBeLessThan(200);
  });
});
