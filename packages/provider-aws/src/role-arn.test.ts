import { describe, expect, it } from "vitest";
import { isRoleArn } from "./role-arn.ts";

describe("the ARN of a role", () => {
  it.each([
    "arn:aws:iam::123456789012:role/reader",
    "arn:aws-us-gov:iam::123456789012:role/path/of/several/reader",
    "arn:aws-cn:iam::{account}:role/reader-{account}",
    `arn:aws:iam::123456789012:role/${"n".repeat(64)}`,
    "arn:aws:iam::123456789012:role/a+=,.@-_1",
  ])("may be %s", (text) => {
    expect(isRoleArn(text)).toBe(true);
  });

  it.each([
    "",
    "garbage",
    "arn:",
    "reader",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:iam::123456789012:role/path/",
    "arn:aws:iam::123456789012:user/reader",
    "arn:aws:iam:us-east-1:123456789012:role/reader",
    "arn:aws:iam::12345678901:role/reader",
    "arn:aws:iam::{acount}:role/reader",
    "arn:gcp:iam::123456789012:role/reader",
    "arn:aws:sts::123456789012:assumed-role/reader/session",
    "arn:aws:iam::123456789012:role/rea der",
    "arn:aws:iam::123456789012:role/reader\n",
    `arn:aws:iam::123456789012:role/${"n".repeat(65)}`,
  ])("is not %j", (text) => {
    expect(isRoleArn(text)).toBe(false);
  });
});
