import {
  type Account,
  type AccountDirectory,
  allowAll,
  ambientCredentials,
  type Cache,
  CloudLinkError,
  CONTRACT_VERSION,
  type CredentialBroker,
  type Events,
  type Kind,
  noCache,
  noEvents,
  noTelemetry,
  type Permission,
  type Provider,
  type ProviderDirectory,
  type Telemetry,
} from "@cloudlink/core";
import { staticAccounts } from "./accounts.ts";
import { get } from "./get.ts";
import { getMany } from "./get-many.ts";
import type { Kernel } from "./kernel.ts";
import { list } from "./list.ts";
import type { Nexus } from "./nexus.ts";
import { createPageTokens } from "./page-token.ts";
import { createRefResolver } from "./ref-resolver.ts";
import { createRetryBudgets } from "./retry-budget.ts";

/** What {@link createNexus} takes. Only `providers` has to be given. */
export interface NexusSettings {
  /** The providers, or a directory that can replace them while calls run. */
  readonly providers: readonly Provider[] | ProviderDirectory;
  /** The accounts of every tenant, or a directory of each tenant's. Left out: the one account that the ambient credentials belong to. */
  readonly accounts?: readonly Account[] | AccountDirectory;
  /** Left out: the vendors' own ways (environment, profiles, instance roles). */
  readonly credentials?: CredentialBroker;
  /** Left out: everybody may do everything. */
  readonly permission?: Permission;
  /** Left out: every read is live. */
  readonly cache?: Cache;
  readonly telemetry?: Telemetry;
  readonly events?: Events;
  /**
   * The deadline of a call whose context has none, in milliseconds; of a list, for each of its pages. 10,000 if left out:
   * a vendor that has not answered by then has lost the request. `Infinity` for none.
   */
  readonly defaultTimeoutMs?: number;
  /** How many provider calls of one list or getMany run at once. 8 if left out. */
  readonly concurrency?: number;
  /**
   * What page tokens are authenticated with, 32 bytes or more. Left out, one is made at random and tokens are good in this kernel only;
   * give every replica the same one to go on with a list in any of them.
   */
  readonly tokenKey?: Uint8Array;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_CONCURRENCY = 8;

/**
 * Makes a kernel.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for two providers of one name or one account twice, a provider of another contract version
 *   or with a ref template that is not valid, a timeout or concurrency that is not positive, or a short token key.
 */
export function createNexus(settings: NexusSettings): Nexus {
  const { defaultTimeoutMs = DEFAULT_TIMEOUT_MS, concurrency = DEFAULT_CONCURRENCY, tokenKey } = settings;
  if (!(defaultTimeoutMs > 0)) throw invalidSettings("defaultTimeoutMs is a positive number of milliseconds.");
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw invalidSettings("concurrency is a whole number, 1 or more.");
  if (tokenKey !== undefined && tokenKey.length < 32) throw invalidSettings("tokenKey has 32 bytes or more.");

  const providers = "current" in settings.providers ? settings.providers : directoryOf(settings.providers);
  const closing = new AbortController();
  const kernel: Kernel = {
    providers,
    refs: createRefResolver(providers),
    accounts: isList(settings.accounts) ? staticAccounts(settings.accounts) : settings.accounts,
    credentials: settings.credentials ?? ambientCredentials(),
    permission: settings.permission ?? allowAll,
    cache: settings.cache ?? noCache,
    telemetry: settings.telemetry ?? noTelemetry,
    events: settings.events ?? noEvents,
    budgets: createRetryBudgets(),
    pageTokens: createPageTokens(tokenKey),
    defaultTimeoutMs,
    concurrency,
    closing: closing.signal,
  };
  let ended: Promise<void> | undefined;
  const end = async () => {
    closing.abort(closed());
    const ends = await Promise.allSettled(providers.list().map(async (provider) => await provider.close()));
    for (const each of ends) if (each.status === "rejected") throw each.reason;
  };

  return {
    get: (ctx, request) => get(kernel, ctx, request),
    getMany: (ctx, request) => getMany(kernel, ctx, request),
    list: (ctx, request) => list(kernel, ctx, request),
    resolveRef: (text) => kernel.refs.resolve(text),
    nativeId: (ref) => kernel.refs.nativeId(ref),
    providers: () => providers.list(),
    kinds: () => kindsOf(providers),
    close() {
      ended ??= end();
      return ended;
    },
  };
}

function directoryOf(providers: readonly Provider[]): ProviderDirectory {
  const byName = new Map<string, Provider>();
  for (const provider of providers) {
    const { name } = provider.metadata;
    if (provider.contractVersion !== CONTRACT_VERSION) {
      throw invalidSettings(
        `The provider "${name}" speaks the contract ${provider.contractVersion}, and this kernel ${CONTRACT_VERSION}. Take versions of both that agree.`,
      );
    }
    if (byName.has(name)) {
      throw invalidSettings(
        `There are two providers "${name}". Give one, or a registry that chooses between versions.`,
      );
    }
    byName.set(name, provider);
  }
  const all = [...byName.values()];
  return { current: (name) => byName.get(name), list: () => all };
}

function isList(accounts: readonly Account[] | AccountDirectory | undefined): accounts is readonly Account[] {
  return Array.isArray(accounts);
}

function kindsOf(providers: ProviderDirectory): readonly Kind[] {
  const kinds = providers.list().flatMap((provider) => provider.kinds.map(({ kind }) => kind));
  return [...new Map(kinds.map((kind) => [`${kind.name} ${kind.major}`, kind])).values()];
}

function invalidSettings(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller" });
}

function closed(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: "The kernel was closed. Make a new one to go on.",
    origin: "kernel",
  });
}
