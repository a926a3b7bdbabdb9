import { type Account, background, type ProviderCall } from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, refused } from "../test/errors.ts";
import { fakeCredentials } from "../test/fake-ports.ts";
import { type FakeProviderSettings, fakeProvider, never } from "../test/fake-provider.ts";
import { pagedList } from "../test/paged-list.ts";
import { pagesOf } from "../test/pages.ts";
import { observationOf, stamped, Thing, thingRef } from "../test/thing.ts";
import { createNexus, type NexusSettings } from "./create-nexus.ts";

const ctx = background();

/** One item in every place, which says where it is. */
const list = pagedList({ pagesOf: ({ scope }) => [[[`${scope.provider} ${scope.account} ${scope.region}`]]] });

const placed = (settings: FakeProviderSettings = {}) => fakeProvider({ list, ...settings });

function account(id: string, settings: Partial<Account> = {}): Account {
  return { provider: "fake", partition: "-", account: id, regions: ["north", "south"], role: "reader", ...settings };
}

/** Where a list looked, and what it declared. */
async function outcomeOf(settings: Partial<NexusSettings>, request: Partial<ListRequest<typeof Thing>> = {}) {
  const nexus = createNexus({ providers: [placed()], ...settings });
  const pages = await pagesOf(nexus.list(ctx, { kind: Thing, ...request }));
  return {
    looked: pages.flatMap(({ items }) => items.map(({ value }) => value.id)).sort(),
    problems: pages.flatMap(({ problems }) =>
      problems.map((problem) => [problem.account, problem.region, problem.error.reason]),
    ),
    vendorCalls: pages.at(-1)?.stats.vendorCalls,
  };
}

describe("where a list looks", () => {
  const accounts = [
    account("1"),
    account("2", { listRegions: ["south"] }),
    account("3", { regions: "*", listRegions: ["west"] }),
  ];

  it("is every region that an account is listed in", async () => {
    expect((await outcomeOf({ accounts })).looked).toEqual([
      "fake 1 north",
      "fake 1 south",
      "fake 2 south",
      "fake 3 west",
    ]);
  });

  it("is narrowed by accounts and by regions, those that an account does not have left out", async () => {
    expect((await outcomeOf({ accounts }, { accounts: ["2", "3"] })).looked).toEqual(["fake 2 south", "fake 3 west"]);
    expect((await outcomeOf({ accounts }, { regions: ["north"] })).looked).toEqual([
      "fake 1 north",
      "fake 2 north",
      "fake 3 north",
    ]);
    expect((await outcomeOf({ accounts }, { regions: ["west"] })).looked).toEqual(["fake 3 west"]);
  });

  it("is each place once, however often it is named", async () => {
    const directory = { list: async () => [account("1"), account("1")], find: () => undefined };
    const request = { accounts: ["1", "1"], regions: ["north", "north"] };
    expect((await outcomeOf({ accounts: directory }, request)).looked).toEqual(["fake 1 north"]);
  });

  it("has no region for a kind that is not addressed by one", async () => {
    const providers = [placed({ capabilities: { regional: false } })];
    expect((await outcomeOf({ providers, accounts: [account("1", { regions: ["-"] })] })).looked).toEqual(["fake 1 -"]);
    expect((await outcomeOf({ providers, accounts }, { regions: ["north"] })).looked).toHaveLength(3);
  });

  it("is narrowed by providers, and to those that have the kind", async () => {
    const providers = [placed(), placed({ name: "other" }), placed({ name: "third", metadata: { kinds: [] } })];
    const accounts = ["fake", "other", "third"].map((provider) => account("1", { provider, regions: ["north"] }));
    expect((await outcomeOf({ providers, accounts })).looked).toEqual(["fake 1 north", "other 1 north"]);
    expect((await outcomeOf({ providers, accounts }, { providers: ["other"] })).looked).toEqual(["other 1 north"]);
  });

  it("is no account of another provider, whatever the directory gives", async () => {
    const directory = {
      list: async () => [account("1", { provider: "other" }), account("2", { regions: ["north"] })],
      find: () => undefined,
    };
    expect((await outcomeOf({ accounts: directory })).looked).toEqual(["fake 2 north"]);
  });
});

describe("a list that cannot be", () => {
  const accounts = [account("1")];
  const mistakes: {
    readonly what: string;
    readonly request: object;
    readonly reason: string;
    readonly says: string;
  }[] = [
    { what: "an unknown account", request: { accounts: ["1", "7"] }, reason: "ErrUnknownAccount", says: '"7"' },
    { what: "an unknown region", request: { regions: ["moon"] }, reason: "ErrUnknownRegion", says: '"moon"' },
    {
      what: "a region that is no region",
      request: { regions: ["evil.example/#"] },
      reason: "ErrUnknownRegion",
      says: "hyphens",
    },
    { what: "no region for a place", request: { regions: ["-"] }, reason: "ErrUnknownRegion", says: "hyphens" },
    { what: "an unknown provider", request: { providers: ["who"] }, reason: "ErrUnknownProvider", says: "who" },
    {
      what: "an unknown filter",
      request: { where: { colour: "red" } },
      reason: "ErrInvalidRequest",
      says: "size.name",
    },
    { what: "an unknown view", request: { view: "wide" }, reason: "ErrInvalidRequest", says: "standard" },
    { what: "a page size of 0", request: { pageSize: 0 }, reason: "ErrInvalidRequest", says: "pageSize" },
    { what: "half a page size", request: { pageSize: 1.5 }, reason: "ErrInvalidRequest", says: "pageSize" },
  ];
  it.each(mistakes)("is refused for $what", async ({ request, reason, says }) => {
    const provider = placed();
    const nexus = createNexus({ providers: [provider], accounts });
    const error = await failureOf(pagesOf(nexus.list(ctx, { kind: Thing, ...request })));
    expect(error).toMatchObject({ code: "invalid_argument", reason, operation: "list" });
    expect(error.message).toContain(says);
    expect(provider.requests).toEqual([]);
  });

  it("is read in the view that a filter's field is in, and refused where the provider has no such view of a list", async () => {
    const ids = ["ok", "bad"];
    const seeing = async function* (call: ProviderCall, { view }: { readonly view: string }) {
      const items = ids.map((id) => {
        const seen = observationOf(thingRef(id), { view, value: view === "health" ? { health: id } : {} });
        return stamped(call, seen);
      });
      yield { items, cursor: null };
    };
    const operations = { operations: ["list"], pushDown: [], maxPageSize: 10 };
    const wide = fakeProvider({
      list: seeing,
      capabilities: { list: { ...operations, views: ["standard", "health"] } },
    });
    const narrow = fakeProvider({ list: seeing });
    const where = { health: "ok" };
    const accounts = [account("1", { regions: ["north"] })];
    const nexus = createNexus({ providers: [wide], accounts });
    for (const view of [undefined, "state", "health"]) {
      const pages = await pagesOf(nexus.list(ctx, { kind: Thing, where, ...(view !== undefined && { view }) }));
      expect(pages.flatMap(({ items }) => items.map(({ value, view: held }) => [value.id, held]))).toEqual([
        ["ok", "health"],
      ]);
    }
    await pagesOf(nexus.list(ctx, { kind: Thing, where: { state: "running" } }));
    expect(wide.requests.map((asked) => asked.method === "list" && asked.request.view)).toEqual([
      "health",
      "health",
      "health",
      "standard",
    ]);

    const refusing = createNexus({ providers: [narrow], accounts });
    const error = await failureOf(pagesOf(refusing.list(ctx, { kind: Thing, where })));
    expect(error).toMatchObject({ code: "unimplemented", reason: "ErrUnimplemented", provider: "fake" });
    expect(error.message).toContain('the view "health", which the filter "health" needs');
    expect(narrow.requests).toEqual([]);
  });

  it("hands a provider no region that is none, though its account may be asked about any", async () => {
    const anywhere = [account("1", { regions: "*" })];
    for (const region of ["evil.example/#", "-", "", "North", "a".repeat(64)]) {
      const refusal = await failureOf(outcomeOf({ accounts: anywhere }, { regions: [region] }));
      expect(refusal.reason).toBe("ErrUnknownRegion");
    }
  });

  it("is refused where no provider has the kind, or no account is configured", async () => {
    expect((await failureOf(outcomeOf({ providers: [placed({ metadata: { kinds: [] } })], accounts }))).reason).toBe(
      "ErrUnknownKind",
    );
    expect((await failureOf(outcomeOf({ providers: [], accounts }))).reason).toBe("ErrUnknownKind");
    expect((await failureOf(outcomeOf({ accounts: [] }))).reason).toBe("ErrUnknownAccount");
  });

  it("shows little of a hostile account, and few of many that it knows", async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => account(`account-${index}`));
    const error = await failureOf(outcomeOf({ accounts: many }, { accounts: [`\u001b[2J${"x".repeat(100_000)}`] }));
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(600);
    expect(error.message).toContain("and 980 more");
  });
});

describe("a place that a list cannot look in", () => {
  it("is a problem of its own: a denied account, one without regions, one whose view is not there", async () => {
    const accounts = [
      account("1", { regions: ["north"] }),
      account("2", { regions: ["north"] }),
      account("3", { regions: "*" }),
    ];
    const permission = {
      denial: (_ctx: unknown, request: { account: string }) => (request.account === "2" ? "No." : undefined),
    };
    const providers = [placed(), placed({ name: "other", capabilities: { list: undefined } })];
    const other = account("4", { provider: "other", regions: ["north"] });
    expect(await outcomeOf({ accounts: [...accounts, other], permission, providers })).toMatchObject({
      looked: ["fake 1 north"],
      problems: [
        ["2", "north", "ErrPermissionDenied"],
        ["3", "-", "ErrInvalidRequest"],
        ["4", "north", "ErrUnimplemented"],
      ],
    });
  });

  it("fails the list where there is no other", async () => {
    const permission = { denial: () => "No." };
    const provider = placed();
    const nexus = createNexus({ providers: [provider], accounts: [account("1")], permission });
    const error = await failureOf(pagesOf(nexus.list(ctx, { kind: Thing })));
    expect(error).toMatchObject({ code: "permission_denied", details: { otherPartsFailed: "1" } });
    expect(provider.requests).toEqual([]);
  });
});

describe("the size of a vendor's page", () => {
  it("is the request's, and no more than the vendor allows, which it is where the request says nothing", async () => {
    const declared = { operations: [], views: ["standard"], pushDown: [], maxPageSize: 50 };
    const provider = placed({ capabilities: { list: declared } });
    const nexus = createNexus({ providers: [provider], accounts: [account("1", { regions: ["north"] })] });
    for (const pageSize of [7, 50, 9_000, undefined]) {
      await pagesOf(nexus.list(ctx, { kind: Thing, ...(pageSize !== undefined && { pageSize }) }));
    }
    const sizes = provider.requests.map((asked) => asked.method === "list" && asked.request.pageSize);
    expect(sizes).toEqual([7, 50, 50, 50]);
  });
});

describe("a kernel without accounts", () => {
  it("looks in the one that the ambient credentials belong to, and counts what finding out cost", async () => {
    const identity = { partition: "-", account: "9", principal: "p", regions: ["east", "west"] };
    const provider = placed({ identify: async () => identity });
    const outcome = await outcomeOf({ providers: [provider] });
    expect(outcome).toEqual({ looked: ["fake 9 east", "fake 9 west"], problems: [], vendorCalls: 3 });
    expect(provider.requests[1]?.call.scope).toMatchObject({ account: "9", region: "east", role: "ambient" });
  });

  it("asks every provider at once, and declares one that cannot say whose its credentials are", async () => {
    const gate = Promise.withResolvers<never>();
    const stuck = placed({ name: "stuck", identify: () => gate.promise });
    const nexus = createNexus({ providers: [stuck, placed()] });
    const reading = pagesOf(nexus.list(ctx, { kind: Thing, accounts: ["1"], regions: ["north"] }));
    await stuck.whenCalled(1);
    gate.reject(refused("ErrCredentialsInvalid"));
    const pages = await reading;
    expect(pages.flatMap(({ problems }) => problems)).toMatchObject([
      { provider: "stuck", account: "-", error: { code: "unauthenticated", provider: "stuck" } },
    ]);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(1);
  });

  it("takes a fault of the provider for one: an identity that is none", async () => {
    for (const identity of [undefined, {}, { account: "1" }]) {
      const provider = { ...placed(), identify: async () => identity as never };
      expect((await failureOf(outcomeOf({ providers: [provider] }))).reason).toBe("ErrProviderFault");
    }
  });

  it("says what to configure where nothing says which regions to look in", async () => {
    const identity = { partition: "-", account: "1", principal: "p", regions: [] };
    const error = await failureOf(outcomeOf({ providers: [placed({ identify: async () => identity })] }));
    expect(error).toMatchObject({
      reason: "ErrInvalidRequest",
      rawMessage: expect.stringContaining("configure a region"),
    });
  });

  it("drops a lease that is refused while it finds out", async () => {
    const credentials = fakeCredentials();
    const identify = () => Promise.reject(refused("ErrCredentialsInvalid"));
    await failureOf(outcomeOf({ providers: [placed({ identify })], credentials }));
    expect(credentials.refusals).toHaveLength(1);
  });
});

describe("a directory of accounts", () => {
  it("that does not answer has the default deadline, and the caller's", async () => {
    const clock = createManualClock();
    const directory = { list: () => never<readonly Account[]>(), find: () => undefined };
    const nexus = createNexus({ providers: [placed()], accounts: directory });
    const byDefault = failureOf(pagesOf(nexus.list(background({ clock }), { kind: Thing })));
    await clock.whenPending(1);
    clock.advance(10_000);
    expect((await byDefault).code).toBe("deadline_exceeded");
    const byCaller = failureOf(pagesOf(nexus.list(background({ clock }).withTimeout(5), { kind: Thing })));
    await clock.whenPending(1);
    clock.advance(5);
    expect((await byCaller).code).toBe("deadline_exceeded");
  });

  it("that is left behind by a canceled caller is no problem of a page", async () => {
    let asked = Promise.withResolvers<void>();
    let answer: Promise<readonly Account[]> = Promise.resolve([account("1")]);
    const directory = {
      list: () => {
        asked.resolve();
        return answer;
      },
      find: () => undefined,
    };
    const nexus = createNexus({ providers: [placed()], accounts: directory, concurrency: 1 });
    const [page] = await pagesOf(nexus.list(ctx, { kind: Thing }));
    answer = never();
    asked = Promise.withResolvers();
    const canceled = ctx.withCancel();
    const pageToken = page?.nextPageToken;
    const resumed = nexus.list(canceled, { kind: Thing, ...(pageToken !== undefined && { pageToken }) });
    const failed = failureOf(pagesOf(resumed));
    await asked.promise;
    canceled.cancel();
    expect((await failed).code).toBe("canceled");
  });

  it("that fails is a problem, and an account that is not found may be its", async () => {
    const directory = {
      list: (_ctx: unknown, { provider }: { provider?: string }) =>
        provider === "other"
          ? Promise.reject(new TypeError("down"))
          : Promise.resolve([account("1", { regions: ["north"] })]),
      find: () => undefined,
    };
    const providers = [placed(), placed({ name: "other" })];
    expect(
      await outcomeOf({ providers, accounts: directory }, { accounts: ["1", "2"], regions: ["north", "moon"] }),
    ).toMatchObject({
      looked: ["fake 1 north"],
      problems: [["-", "-", "ErrUnexpected"]],
    });
  });
});
