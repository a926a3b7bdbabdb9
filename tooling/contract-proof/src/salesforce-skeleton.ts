import {
  CloudLinkError,
  CONTRACT_VERSION,
  createRef,
  defineKind,
  type KindHandler,
  type KindSchema,
  NONE,
  type Provider,
  type ProviderCall,
} from "@cloudlink/core";

/** An answer of Salesforce's REST API, as a fake gives it. */
export interface SalesforceResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What stands for an org. */
export interface FakeSalesforce {
  get(path: string): Promise<SalesforceResponse>;
}

/** What one of an org's limits has left: a resource whose live state is a quota. */
export interface OrganizationLimitStatus {
  readonly name: string;
  readonly max: number;
  readonly remaining: number;
}

/** A kind that core knows nothing of, defined where it is served. */
export const OrganizationLimit = defineKind<OrganizationLimitStatus>()({
  name: "saas.OrganizationLimit",
  major: 1,
  minor: 0,
  description: "What one limit of an organisation has left.",
  views: ["standard"],
  defaultView: "standard",
  filters: ["name"],
  actions: {},
  columns: {
    table: [
      { title: "LIMIT", path: "name" },
      { title: "REMAINING", path: "remaining" },
    ],
    wide: [{ title: "MAX", path: "max" }],
  },
  loadSchema: async () => limitSchema,
});

/** Written by hand, to see that a kind does not need the schema library that core uses. */
const limitSchema: KindSchema<OrganizationLimitStatus> = {
  "~standard": {
    version: 1,
    vendor: "salesforce-skeleton",
    validate: (value) =>
      typeof value === "object" && value !== null && "name" in value && "max" in value && "remaining" in value
        ? { value: value as OrganizationLimitStatus }
        : { issues: [{ message: "not the status of a limit" }] },
  },
  toJsonSchema: () => ({ type: "object", required: ["name", "max", "remaining"] }),
};

/**
 * Salesforce, as far as it takes to find out whether the contract carries it: no regions and no partitions, no batch read, one call that
 * answers for all resources, a daily quota that every call spends and every answer reports, errors as an array.
 */
export function salesforceSkeleton(org: FakeSalesforce): Provider {
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      name: "salesforce",
      version: "0.0.1",
      displayName: "Salesforce (skeleton)",
      partitions: [NONE],
      kinds: [
        {
          kind: OrganizationLimit.name,
          major: 1,
          regional: false,
          refTemplates: [],
          get: { operations: ["rest:limits"], views: ["standard"] },
          list: { operations: ["rest:limits"], views: ["standard"], pushDown: [], maxPageSize: 1_000 },
        },
      ],
      limits: [
        {
          name: "api-usage",
          dimensions: ["account"],
          operations: ["rest:limits"],
          burst: 15_000,
          refillPerSecond: 15_000 / 86_400,
        },
      ],
      hosts: ["*.my.salesforce.com"],
      credentials: { ambient: false, parameters: [], keys: ["clientId", "username", "privateKey"] },
    },
    kinds: [limits(org)],
    identify: async ({ scope }) => ({
      partition: NONE,
      account: scope.account,
      principal: "user@example.com",
      regions: [NONE],
    }),
    close: async () => {},
  };
}

function limits(org: FakeSalesforce): KindHandler<OrganizationLimitStatus> {
  const read = async (call: ProviderCall) => {
    call.ctx.throwIfDone();
    const observedAt = call.ctx.clock.nowMs();
    call.report.vendorRequest({ operation: "rest:limits" });
    const response = await org.get("/services/data/v65.0/limits");
    reportUsage(call, response.headers["sforce-limit-info"] ?? "");
    if (response.status !== 200) throw salesforceError(response);
    const body = response.body as Readonly<Record<string, { Max: number; Remaining: number }>>;
    return { observedAt, body };
  };
  const statusOf = (name: string, { Max: max, Remaining: remaining }: { Max: number; Remaining: number }) => ({
    name,
    max,
    remaining,
  });

  return {
    kind: OrganizationLimit,
    async get(call, { ref, view }) {
      const { observedAt, body } = await read(call);
      const limit = Object.hasOwn(body, ref.id) ? body[ref.id] : undefined;
      if (limit === undefined) {
        throw new CloudLinkError({
          reason: "ErrResourceNotFound",
          message: `The org has no limit "${ref.id}".`,
          origin: "vendor",
        });
      }
      return { ref, value: statusOf(ref.id, limit), view, observedAt };
    },
    async *list(call, { view }) {
      const { observedAt, body } = await read(call);
      const { provider, partition, account, region } = call.scope;
      const items = Object.entries(body).map(([id, limit]) => ({
        ref: createRef({ provider, partition, account, region, kind: OrganizationLimit.name, id }),
        value: statusOf(id, limit),
        view,
        observedAt,
      }));
      yield { items, cursor: null };
    },
  };
}

/** `api-usage=10018/100000; api-bursts=1/750`, with several parts and sometimes an application's name. */
function reportUsage(call: ProviderCall, header: string): void {
  for (const match of header.matchAll(/([\w-]{1,40})=(\d{1,15})\/(\d{1,15})/g)) {
    const [, limit = "", used, max] = match;
    call.report.quota({ limit, remaining: Number(max) - Number(used), max: Number(max) });
  }
}

/** Errors are an array: `[{ message, errorCode }]`. */
function salesforceError({ body }: SalesforceResponse): CloudLinkError {
  const [{ errorCode = "unknown" } = {}] = Array.isArray(body) ? (body as { errorCode?: string }[]) : [];
  const init = { origin: "vendor", details: { vendorCode: errorCode } } as const;
  if (errorCode === "REQUEST_LIMIT_EXCEEDED") {
    // A daily quota: no retry of ours will see it refilled.
    return new CloudLinkError({
      ...init,
      reason: "ErrQuotaExhausted",
      message: "The org's API calls of today are used up. Ask less, or wait until they refill.",
    });
  }
  if (errorCode === "INVALID_SESSION_ID") {
    return new CloudLinkError({ ...init, reason: "ErrCredentialsExpired", message: "The session has expired." });
  }
  return new CloudLinkError({ ...init, reason: "ErrVendorUnavailable", message: "Salesforce refused the request." });
}
