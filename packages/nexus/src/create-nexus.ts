import { randomBytes } from "node:crypto";
import {
  type Account,
  type AccountDirectory,
  allowAll,
  ambientCredentials,
  background,
  type Cache,
  CloudLinkError,
  CONTRACT_VERSION,
  type CredentialBroker,
  checkFreshnessAdvice,
  type Events,
  type IdempotencyStore,
  type Kind,
  noCache,
  noEvents,
  noTelemetry,
  type OperationStore,
  type Permission,
  type Provider,
  type ProviderDirectory,
  quote,
  type Telemetry,
  untilDone,
} from "@cloudlink/core";
import { staticAccounts } from "./accounts.ts";
import { act } from "./act.ts";
import { BriefWaits } from "./brief-waits.ts";
import { cached, cacheStats, invalidate } from "./cache-calls.ts";
import { CacheNotes } from "./cache-notes.ts";
import { createReadings } from "./create-readings.ts";
import { createDeeds } from "./deeds.ts";
import { dryRun } from "./dry-run.ts";
import { get } from "./get.ts";
import { getMany } from "./get-many.ts";
import { createKeepAwake } from "./keep-awake.ts";
import type { Kernel } from "./kernel.ts";
import { type LimitSettings, Limits } from "./limits.ts";
import { list } from "./list.ts";
import { createMemoryIdempotencyStore } from "./memory-idempotency-store.ts";
import type { Nexus } from "./nexus.ts";
import { operation } from "./operation.ts";
import { createSignedOperationTokens, type OperationTokens } from "./operation-token.ts";
import { createPageTokens } from "./page-token.ts";
import { ReadPlans } from "./read-plans.ts";
import { createRefResolver, refMatchersOf } from "./ref-resolver.ts";
import { createRetryBudgets } from "./retry-budget.ts";
import { createStoredOperationTokens } from "./stored-operation-token.ts";

/** What {@link createNexus} takes. Only `providers` has to be given. */
export interface NexusSettings {
  /**
   * The providers, which the kernel closes with itself; or a directory that can replace them while calls run, which whoever made it closes,
   * after the kernel.
   */
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
   * How the limits that vendors set are kept. Left out, they are what the providers declare, and this process has them to itself: replicas share a
   * store, and an account whose vendor raised a limit says so.
   */
  readonly limits?: LimitSettings;
  /** Where idempotency keys are kept. Left out: in this process's memory; replicas behind one address have to share one. */
  readonly idempotency?: IdempotencyStore;
  /**
   * Where it is kept what goes on with an operation: kernels that share one follow each other's without a common token key. Left out: in the
   * token itself, signed. Where the store does not take one, its token is signed too.
   */
  readonly operations?: OperationStore;
  /**
   * The deadline of a call whose context has none, in milliseconds; of a list, for each of its pages. 10,000 if left out:
   * a vendor that has not answered by then has lost the request. `Infinity` for none.
   */
  readonly defaultTimeoutMs?: number;
  /** How many provider calls of one list or getMany run at once. 8 if left out. */
  readonly concurrency?: number;
  /**
   * What page tokens are authenticated with, and operation tokens unless `operations` keeps them; 32 bytes or more. Left out, one is made at
   * random and tokens are good in this kernel only; give every replica the same one to go on with a list, or follow an operation, in any of them.
   */
  readonly tokenKey?: Uint8Array;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_CONCURRENCY = 8;

/** How long a provider may take to close: a program that ends is given 10 s by what ends it, as a rule, and closes other things too. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Makes a kernel.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for settings that are not of the form, two providers of one name or one account twice, a
 *   provider of another contract version or with a ref template that is not valid, a timeout or concurrency that is not positive, or a short token key.
 */
export function createNexus(settings: NexusSettings): Nexus {
  if (typeof settings !== "object" || settings === null) {
    throw invalidSettings("createNexus takes settings: give it at least the providers.");
  }
  const {
    defaultTimeoutMs = DEFAULT_TIMEOUT_MS,
    concurrency = DEFAULT_CONCURRENCY,
    tokenKey = randomBytes(32),
  } = settings;
  if (!(defaultTimeoutMs > 0)) throw invalidSettings("defaultTimeoutMs is a positive number of milliseconds.");
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw invalidSettings("concurrency is a whole number, 1 or more.");
  if (!(tokenKey instanceof Uint8Array && tokenKey.length >= 32))
    throw invalidSettings("tokenKey is a Uint8Array of 32 bytes or more.");

  // A directory is somebody's who ends it, and what it holds; the providers of a list are the kernel's.
  const own = isDirectory(settings.providers) ? [] : checkedProviders(settings.providers);
  const providers = isDirectory(settings.providers) ? settings.providers : directoryOf(own);
  const closing = new AbortController();
  const telemetry = settings.telemetry ?? noTelemetry;
  const kernel: Kernel = {
    providers,
    refs: createRefResolver(providers),
    accounts: accountsOf(settings.accounts),
    credentials: settings.credentials ?? ambientCredentials(),
    permission: settings.permission ?? allowAll,
    cache: settings.cache ?? noCache,
    notes: new CacheNotes(telemetry),
    readings: createReadings(() => kernel),
    plans: new ReadPlans(),
    renewals: new Set(),
    telemetry,
    events: settings.events ?? noEvents,
    budgets: createRetryBudgets(),
    limits: new Limits(settings.limits),
    idempotency: settings.idempotency ?? createMemoryIdempotencyStore(),
    pageTokens: createPageTokens(tokenKey),
    operationTokens: operationTokensOf(settings.operations, tokenKey),
    deeds: createDeeds(closed),
    awake: createKeepAwake(),
    briefWaits: new BriefWaits(),
    defaultTimeoutMs,
    concurrency,
    closing: closing.signal,
  };
  let ended: Promise<void> | undefined;
  const end = async () => {
    closing.abort(closed());
    kernel.plans.close();
    using _awake = kernel.awake.hold();
    await kernel.deeds.end(CLOSE_TIMEOUT_MS);
    const ends = await Promise.allSettled(own.map(closeInTime));
    for (const each of ends) if (each.status === "rejected") throw each.reason;
  };
  const close = () => {
    ended ??= end();
    return ended;
  };

  return {
    get: (ctx, request) => get(kernel, ctx, request),
    getMany: (ctx, request) => getMany(kernel, ctx, request),
    list: (ctx, request) => list(kernel, ctx, request),
    act: (ctx, request) => act(kernel, ctx, request),
    dryRun: (ctx, request) => dryRun(kernel, ctx, request),
    operation: (ctx, request) => operation(kernel, ctx, request),
    cached: (ctx, request) => cached(kernel, ctx, request),
    invalidate: (ctx, request) => invalidate(kernel, ctx, request),
    cacheStats: (ctx, request) => cacheStats(kernel, ctx, request),
    resolveRef: (text) => kernel.refs.resolve(text),
    nativeId: (ref) => kernel.refs.nativeId(ref),
    providers: () => providers.list(),
    kinds: () => kindsOf(providers),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isDirectory(given: unknown): given is ProviderDirectory {
  return typeof given === "object" && given !== null && "current" in given && "list" in given;
}

function checkedProviders(given: unknown): readonly Provider[] {
  if (!Array.isArray(given)) {
    throw invalidSettings(
      "providers is a list of providers, or a directory such as a registry. Write one in brackets, too.",
    );
  }
  for (const each of given as readonly unknown[]) checkProvider(each);
  return [...(given as readonly Provider[])];
}

function checkProvider(given: unknown): void {
  if (typeof given !== "object" || given === null) {
    const hint = typeof given === "function" ? " a function. Call it, and give what it returns" : " none";
    throw invalidSettings(`A provider was expected, and this is${hint}.`);
  }
  const provider = given as Provider;
  const name: unknown = provider.metadata?.name;
  if (typeof name !== "string" || !Array.isArray(provider.metadata.kinds) || !Array.isArray(provider.kinds)) {
    throw invalidSettings(
      "A provider has no metadata with a name, or no list of kinds. Give what createX of its package returns.",
    );
  }
  if (provider.contractVersion !== CONTRACT_VERSION) {
    throw invalidSettings(
      `The provider ${quote(name)} speaks the contract ${provider.contractVersion}, and this kernel ${CONTRACT_VERSION}. Take versions of both that agree.`,
    );
  }
  for (const { kind, freshness } of provider.metadata.kinds) {
    if (freshness !== undefined) checkFreshnessAdvice(freshness, `${kind} in the provider ${quote(name)}`);
  }
  // A template that is not valid would show only when somebody writes such an id: better now than then.
  try {
    refMatchersOf(provider);
  } catch (error) {
    throw CloudLinkError.from(error, {
      reason: "ErrInvalidSettings",
      message: `The kinds of the provider ${quote(name)} are not declared as they should be: each has a list of refTemplates.`,
      origin: "caller",
    });
  }
}

function directoryOf(providers: readonly Provider[]): ProviderDirectory {
  const byName = new Map<string, Provider>();
  for (const provider of providers) {
    const { name } = provider.metadata;
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

function accountsOf(given: NexusSettings["accounts"]): AccountDirectory | undefined {
  if (given === undefined) return undefined;
  if (isAccountList(given)) return staticAccounts(given);
  if (typeof given === "object" && given !== null && "find" in given) return given;
  throw invalidSettings("accounts is a list of accounts, or a directory of them.");
}

function operationTokensOf(store: OperationStore | undefined, tokenKey: Uint8Array): OperationTokens {
  const signed = createSignedOperationTokens(tokenKey);
  return store === undefined ? signed : createStoredOperationTokens({ store, signed });
}

function isAccountList(given: readonly Account[] | AccountDirectory): given is readonly Account[] {
  return Array.isArray(given);
}

/** Whether or not a provider can end: a kernel that is closed does not wait for one that hangs. */
async function closeInTime(provider: Provider): Promise<void> {
  using ctx = background().withTimeout(CLOSE_TIMEOUT_MS).withCancel();
  try {
    await untilDone(ctx, (async () => await provider.close())());
  } catch (error) {
    if (ctx.error() === undefined) throw error;
    const { name, version } = provider.metadata;
    throw new CloudLinkError({
      reason: "ErrDeadlineExceeded",
      message: `The provider "${name}" ${version} did not close within ${CLOSE_TIMEOUT_MS} ms, and was left as it is.`,
      origin: "plugin",
      provider: name,
    });
  }
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
