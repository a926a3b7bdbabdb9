import { background, CloudLinkError, createScope } from "@cloudlink/core";
import { expect, test } from "vitest";
import { createFakeProvider, type FakeCloud } from "../../test/fake-provider.ts";
import { createAccountLogins, loginsOf } from "./account-logins.ts";

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

function logins(names: readonly string[], cloud: Partial<FakeCloud> = {}) {
  const provider = createFakeProvider({ machines: [], ...cloud });
  return createAccountLogins(
    names.map((name) => ({ role: name, parameters: { profile: name } })),
    [provider],
  );
}

test("whose account a login leads to is asked once, under that login", async () => {
  const asked: string[] = [];
  const { accounts } = logins(["1", "2"], {
    onCall: ({ scope, lease }) => asked.push(`${scope.role} ${lease.kind === "ambient" && lease.parameters.profile}`),
  });
  const ctx = background();
  await Promise.all([accounts.list(ctx, {}), accounts.list(ctx, { provider: "fake" })]);
  const found = await accounts.find(ctx, { provider: "fake", partition: "-", account: "2" });
  expect(found).toMatchObject({ account: "2", role: "2", regions: "*", listRegions: ["eu-west-1"] });
  expect(await accounts.find(ctx, { provider: "fake", partition: "-", account: "3" })).toBeUndefined();
  expect(await accounts.list(ctx, { provider: "other" })).toEqual([]);
  expect(asked.sort()).toEqual(["1 1", "2 2"]);
});

test("calls in an account are made with its own login", async () => {
  const { credentials } = logins(["1", "2"]);
  const scope = createScope({
    tenant: "default",
    provider: "fake",
    partition: "-",
    account: "2",
    role: "2",
    region: "r",
  });
  expect(await credentials.lease(background(), scope)).toMatchObject({ kind: "ambient", parameters: { profile: "2" } });
});

test("a login that fails stands in the directory, and its lease fails with the reason and its name", async () => {
  const expired = new CloudLinkError({
    reason: "ErrCredentialsExpired",
    message: "Log in again.",
    origin: "credentials",
  });
  const { accounts, credentials } = logins(["1", "2"], { failures: { "2": expired } });
  const ctx = background();
  const listed = await accounts.list(ctx, {});
  expect(listed.map(({ account }) => account)).toEqual(["1", "2"]);
  const scope = createScope({
    tenant: "default",
    provider: "fake",
    partition: "-",
    account: "2",
    role: "2",
    region: "-",
  });
  const failure = { code: "unauthenticated", reason: "ErrCredentialsExpired", details: { login: "2" } };
  await expect(credentials.lease(ctx, scope)).rejects.toMatchObject(failure);
  // A ref of an account that no login is known for may be of the one that failed.
  await expect(accounts.find(ctx, { provider: "fake", partition: "-", account: "3" })).rejects.toMatchObject(failure);
});

test("two logins to one account are one account, so that no row comes twice", async () => {
  const provider = createFakeProvider({ machines: [], account: "7" });
  const { accounts } = createAccountLogins(
    [
      { role: "a", parameters: {} },
      { role: "b", parameters: {} },
    ],
    [provider],
  );
  expect(await accounts.list(background(), {})).toMatchObject([{ account: "7", role: "a" }]);
});
