import type { LimitDeclaration, RefTemplate } from "@cloudlink/core";
import type { ProviderDescription } from "../wire/provider.ts";
import { amount, anyText, boolean, listOf, object, oneOf, type Reader, recordOf } from "./form.ts";
import { readAdvice } from "./freshness-advice.ts";

const texts = listOf(anyText);

const refTemplate: Reader<RefTemplate> = object(
  { template: anyText },
  {
    parts: object({}, { partition: anyText, account: anyText, region: anyText, id: anyText }),
    ignoreCase: boolean,
  },
);

const lag = { sourceLagMs: amount };

const capabilities = object(
  { kind: anyText, major: amount, regional: boolean, refTemplates: listOf(refTemplate) },
  {
    freshness: readAdvice,
    get: object({ operations: texts, views: texts }, { ...lag, native: boolean }),
    getMany: object({ operations: texts, views: texts, maxRefs: amount }, lag),
    list: object({ operations: texts, views: texts, pushDown: texts, maxPageSize: amount }, lag),
    actions: recordOf(
      object({ operations: texts, dryRun: boolean }, { ...lag, follow: object({ operations: texts }) }),
    ),
    sensitive: texts,
  },
);

const limit: Reader<LimitDeclaration> = object({
  name: anyText,
  dimensions: listOf(oneOf("partition", "account", "region", "resource", "identity")),
  operations: texts,
  burst: amount,
  refillPerSecond: amount,
});

const metadata = object({
  name: anyText,
  version: anyText,
  displayName: anyText,
  partitions: texts,
  kinds: listOf(capabilities),
  limits: listOf(limit),
  hosts: texts,
  credentials: object({ ambient: boolean, parameters: texts, keys: texts }),
});

const contract = object({ contractVersion: anyText });

const provider: Reader<ProviderDescription> = (form) => Object.freeze({ ...contract(form), metadata: metadata(form) });

export const readProviders: Reader<readonly ProviderDescription[]> = (form) =>
  object({ providers: listOf(provider) })(form).providers;
