import { expect, test } from "vitest";
import { loginsOf } from "./login-options.ts";

const none = { accounts: [], profiles: [] };
const role = "arn:aws:iam::{account}:role/Read";

test("one login for everything needs no directory", () => {
  expect(loginsOf(none)).toBeUndefined();
  expect(loginsOf({ ...none, profiles: ["dev"] })).toBeUndefined();
  expect(loginsOf({ ...none, roleArn: "arn:aws:iam::1:role/Read", externalId: "x" })).toBeUndefined();
  // A get takes the account from its ref, and the provider puts it in.
  expect(loginsOf({ ...none, roleArn: role })).toBeUndefined();
});

test("several profiles are a login each", () => {
  expect(loginsOf({ ...none, profiles: ["dev", "prod"] })).toEqual([
    { role: "dev", parameters: { profile: "dev" } },
    { role: "prod", parameters: { profile: "prod" } },
  ]);
});

test("a role of several accounts is a login each, by way of one profile", () => {
  expect(loginsOf({ accounts: ["1", "2"], profiles: ["hub"], roleArn: role, externalId: "x" })).toEqual([
    {
      role: "arn:aws:iam::1:role/Read",
      account: "1",
      parameters: { profile: "hub", externalId: "x", roleArn: "arn:aws:iam::1:role/Read" },
    },
    {
      role: "arn:aws:iam::2:role/Read",
      account: "2",
      parameters: { profile: "hub", externalId: "x", roleArn: "arn:aws:iam::2:role/Read" },
    },
  ]);
});

test.each([
  [{ ...none, externalId: "x" }, "--role-arn"],
  [{ ...none, profiles: ["a", "b"], roleArn: role }, "one --profile"],
  [{ ...none, accounts: ["1", "2"], roleArn: "arn:aws:iam::1:role/Read" }, "{account}"],
])("options that leave open which login is whose are refused, with what to write: %j", (options, hint) => {
  expect(() => loginsOf(options)).toThrow(
    expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(hint) }),
  );
});
