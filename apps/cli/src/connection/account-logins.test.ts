import { background, CloudLinkError, createScope, noTelemetry, type Telemetry } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { expect, test } from "vitest";
import { createFakeProvider, type FakeCloud } from "../../test/fake-provider.ts";
import { createAccountLogins } from "./account-logins.ts";

function logins(names: readonly string[], cloud: Partial<FakeCloud> & { telemetry?: Telemetry } = {}) {
  const provider = createFakeProvider({ machines: [], ...cloud });
  return createAccountLogins({
    logins: names.map((name) => ({ role: name, parameters: { profile: name } })),
    providers: [provider],
    telemetry: cloud.telemetry ?? noTelemetry,
  });
}

const throttled = new CloudLinkError({
  reason: "ErrThrottled",
  message: "Too many calls.",
  origin: "vendor",
  retry: { retryable: true, afterMs: 1_500 },
});

/** The scope of an account that stands in for a login which failed. */
function failedScope(role: string) {
  return createScope({ tenant: "default", provider: "fake", partition: "-", account: role, role, region: "-" });
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
  const { accounts } = createAccountLogins({
    logins: [
      { role: "a", parameters: {} },
      { role: "b", parameters: {} },
    ],
    providers: [provider],
    telemetry: noTelemetry,
  });
  expect(await accounts.list(background(), {})).toMatchObject([{ account: "7", role: "a" }]);
});

test("a login that is throttled is tried again, no sooner than the vendor says, and every try is told", async () => {
  const clock = createManualClock();
  const told: string[] = [];
  let faults = 2;
  const { accounts } = logins(["1", "2"], {
    beforeIdentify: async ({ scope }) => {
      if (scope.role === "2" && faults-- > 0) throw throttled;
    },
    telemetry: {
      ...noTelemetry,
      vendorRequest: ({ operation, scope }) => told.push(`${operation} ${scope.role}`),
      retry: ({ code, delayMs }) => told.push(`${code} ${delayMs >= 1_500}`),
    },
  });
  const listed = accounts.list(background({ clock }), {});
  for (const _ of [1, 2]) {
    await clock.whenPending(1);
    clock.advance(1_499);
    expect(clock.pendingTimers).toBe(1);
    clock.advanceToNext();
  }
  expect((await listed).map(({ account }) => account)).toEqual(["1", "2"]);
  const again = ["resource_exhausted true", "fake:WhoAmI 2"];
  expect(told).toEqual(["fake:WhoAmI 1", "fake:WhoAmI 2", ...again, ...again]);
});

test("a login that stays throttled is given up after three tries, and the kernel does not try its lease again", async () => {
  const clock = createManualClock();
  let tries = 0;
  const { accounts, credentials } = logins(["1"], {
    beforeIdentify: async () => {
      tries += 1;
      throw throttled;
    },
  });
  const ctx = background({ clock });
  const listed = accounts.list(ctx, {});
  for (const _ of [1, 2]) {
    await clock.whenPending(1);
    clock.advanceToNext();
  }
  await listed;
  expect(tries).toBe(3);
  const lease = credentials.lease(ctx, failedScope("1"));
  await expect(lease).rejects.toMatchObject({ reason: "ErrThrottled", retry: { retryable: false } });
});

test("a wait that would outlast the deadline is not begun", async () => {
  const clock = createManualClock();
  const { accounts, credentials } = logins(["1"], { failures: { "1": throttled } });
  const ctx = background({ clock }).withTimeout(1_000);
  await accounts.list(ctx, {});
  await expect(credentials.lease(ctx, failedScope("1"))).rejects.toMatchObject({ reason: "ErrThrottled" });
});

test("a failure is not kept: whoever asks next has the login tried anew", async () => {
  let failing = true;
  const { accounts, credentials } = logins(["1", "2"], {
    beforeIdentify: async ({ scope }) => {
      if (failing && scope.role === "2") {
        throw new CloudLinkError({ reason: "ErrCredentialsExpired", message: "Log in.", origin: "credentials" });
      }
    },
  });
  const ctx = background();
  const place = { provider: "fake", partition: "-", account: "2" };
  await expect(accounts.find(ctx, place)).rejects.toMatchObject({ reason: "ErrCredentialsExpired" });
  failing = false;
  expect(await accounts.find(ctx, place)).toMatchObject({ account: "2", role: "2" });
  expect((await accounts.list(ctx, {})).map(({ listRegions }) => listRegions)).toEqual([["eu-west-1"], ["eu-west-1"]]);
  await expect(credentials.lease(ctx, failedScope("2"))).resolves.toMatchObject({ kind: "ambient" });
});

test("a login that hangs takes half of the time there is, and the other accounts are there for the rest", async () => {
  const clock = createManualClock();
  const { accounts, credentials } = logins(["1", "2"], {
    beforeIdentify: ({ scope }) => (scope.role === "2" ? new Promise(() => {}) : Promise.resolve()),
  });
  const ctx = background({ clock }).withTimeout(1_000);
  const listed = accounts.list(ctx, {});
  clock.advance(500);
  expect((await listed).map(({ account }) => account)).toEqual(["1", "2"]);
  const failure = { code: "deadline_exceeded", details: { login: "2" } };
  await expect(credentials.lease(ctx, failedScope("2"))).rejects.toMatchObject(failure);
});

test("a caller who cancels hears that, and not that the login failed", async () => {
  const { accounts } = logins(["1"], { beforeIdentify: () => new Promise(() => {}) });
  const ctx = background().withCancel();
  const listed = accounts.list(ctx, {});
  ctx.cancel();
  await expect(listed).rejects.toMatchObject({ code: "canceled" });
});
