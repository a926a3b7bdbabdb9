import { z } from "zod";
import { freshnessAdviceForm } from "./freshness-advice.schema.ts";

const operations = z.array(z.string()).describe("The vendor operations it sends.");
const sourceLagMs = z.number().min(0).exactOptional().describe("By how much its source may lag.");
const views = z.array(z.string()).describe("Views it can give.");

const refTemplateForm = z
  .object({
    template: z.string(),
    parts: z
      .object({
        partition: z.string().exactOptional(),
        account: z.string().exactOptional(),
        region: z.string().exactOptional(),
        id: z.string().exactOptional(),
      })
      .exactOptional(),
    ignoreCase: z.boolean().exactOptional(),
  })
  .meta({ id: "RefTemplate", description: "How the vendor writes the ids of a kind." });

const capabilitiesForm = z
  .object({
    kind: z.string(),
    major: z.int(),
    regional: z.boolean(),
    refTemplates: z.array(refTemplateForm),
    freshness: freshnessAdviceForm.exactOptional(),
    get: z.object({ operations, sourceLagMs, views, native: z.boolean().exactOptional() }).exactOptional(),
    getMany: z.object({ operations, sourceLagMs, views, maxRefs: z.int() }).exactOptional(),
    list: z
      .object({ operations, sourceLagMs, views, pushDown: z.array(z.string()), maxPageSize: z.int() })
      .exactOptional(),
    actions: z
      .record(
        z.string(),
        z.object({
          operations,
          sourceLagMs,
          dryRun: z.boolean(),
          follow: z.object({ operations }).exactOptional().describe("That it may go on, and is followed by a token."),
        }),
      )
      .exactOptional(),
    sensitive: z.array(z.string()).exactOptional(),
  })
  .meta({ id: "KindCapabilities", description: "What a provider can do with a kind." });

const limitForm = z
  .object({
    name: z.string(),
    dimensions: z
      .array(z.enum(["partition", "account", "region", "resource", "identity"]))
      .describe("What the vendor counts by."),
    operations: z.array(z.string()),
    burst: z.number(),
    refillPerSecond: z.number(),
  })
  .meta({ id: "Limit", description: "A limit of the vendor's." });

/** What a provider says of itself, and the contract it speaks. */
export const providerForm = z
  .object({
    contractVersion: z.string(),
    name: z.string(),
    version: z.string(),
    displayName: z.string(),
    partitions: z.array(z.string()),
    kinds: z.array(capabilitiesForm),
    limits: z.array(limitForm),
    hosts: z.array(z.string()).describe("Hosts that it may send credentials to."),
    credentials: z
      .object({ ambient: z.boolean(), parameters: z.array(z.string()), keys: z.array(z.string()) })
      .describe("The leases that it takes, with the parameters and keys that it reads."),
  })
  .meta({ id: "Provider", description: "What a provider says of itself." });

/** See {@link providerForm}. */
export type ProviderForm = z.infer<typeof providerForm>;

/** 200 of `GET /v1/providers`. */
export const providersForm = z
  .object({ providers: z.array(providerForm) })
  .meta({ id: "Providers", description: "The providers that calls are routed to." });

/** See {@link providersForm}. */
export type ProvidersForm = z.infer<typeof providersForm>;
