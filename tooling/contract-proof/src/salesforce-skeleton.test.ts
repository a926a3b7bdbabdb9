import { background, staticCredentials } from "@cloudlink/core";
import { createNexus } from "@cloudlink/nexus";
import { expect, test } from "vitest";
import { OrganizationLimit, type SalesforceResponse, salesforceSkeleton } from "./salesforce-skeleton.ts";

function salesforce(response: SalesforceResponse) {
  const quotas: unknown[] = [];
  const nexus = createNexus({
    providers: [salesforceSkeleton({ get: async () => response })],
    accounts: [
      { provider: "salesforce", partition: "-", account: "00D000000000001", regions: ["-"], role: "integration" },
    ],
    credentials: staticCredentials(() => ({ privateKey: "canary" })),
    telemetry: {
      currentTrace: () => undefined,
      cache() {},
      call() {},
      vendorRequest() {},
      retry() {},
      quota: ({ limit, remaining, max }) => void quotas.push({ limit, remaining, max }),
    },
  });
  return { nexus, quotas };
}

const limits: SalesforceResponse = {
  status: 200,
  headers: { "sforce-limit-info": "api-usage=10018/100000; api-bursts=1/750" },
  body: {
    DailyApiRequests: { Max: 15_000, Remaining: 14_998 },
    DailyBulkApiRequests: { Max: 10_000, Remaining: 10_000 },
  },
};
const ref = "salesforce/-/00D000000000001/-/saas.OrganizationLimit/DailyApiRequests";

test("a quota is a resource with a live state, of a kind that core does not know, and every answer reports what is left", async () => {
  const { nexus, quotas } = salesforce(limits);
  const answer = await nexus.get(background(), { kind: OrganizationLimit, ref });
  expect(answer.value).toEqual({ name: "DailyApiRequests", max: 15_000, remaining: 14_998 });
  expect(quotas).toEqual([
    { limit: "api-usage", remaining: 89_982, max: 100_000 },
    { limit: "api-bursts", remaining: 749, max: 750 },
  ]);
});

test("a vendor without batch reads answers a getMany all the same, one read a ref", async () => {
  const { nexus } = salesforce(limits);
  const { outcomes, stats } = await nexus.getMany(background(), {
    kind: OrganizationLimit,
    refs: [ref, ref.replace("DailyApiRequests", "None")],
  });
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.state.value.remaining : outcome.error.code))).toEqual([
    14_998,
    "not_found",
  ]);
  expect(stats.vendorCalls).toBe(2);
});

test("a list without regions is narrowed by the kernel where the vendor cannot", async () => {
  const { nexus } = salesforce(limits);
  const names: string[] = [];
  for await (const { items } of nexus.list(background(), {
    kind: OrganizationLimit,
    where: { name: "DailyBulkApiRequests" },
  })) {
    names.push(...items.map(({ value }) => value.name));
  }
  expect(names).toEqual(["DailyBulkApiRequests"]);
});

test("a quota that is used up is told apart from a throttle, and not tried again", async () => {
  const { nexus } = salesforce({
    status: 403,
    headers: {},
    body: [{ message: "TotalRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }],
  });
  const failure = nexus.get(background(), { kind: OrganizationLimit, ref });
  await expect(failure).rejects.toMatchObject({
    code: "resource_exhausted",
    reason: "ErrQuotaExhausted",
    retry: { retryable: false },
  });
});
