import type {
  AccountDirectory,
  Cache,
  CredentialBroker,
  Events,
  IdempotencyStore,
  Permission,
  ProviderDirectory,
  Telemetry,
} from "@cloudlink/core";
import type { BriefWaits } from "./brief-waits.ts";
import type { CacheNotes } from "./cache-notes.ts";
import type { Deeds } from "./deeds.ts";
import type { KeepAwake } from "./keep-awake.ts";
import type { Limits } from "./limits.ts";
import type { OperationTokens } from "./operation-token.ts";
import type { PageTokens } from "./page-token.ts";
import type { ReadPlans } from "./read-plans.ts";
import type { Readings } from "./readings.ts";
import type { RefResolver } from "./ref-resolver.ts";
import type { RetryBudgets } from "./retry-budget.ts";

/** The ports that the kernel is composed of, and what it keeps between calls. */
export interface Kernel {
  readonly providers: ProviderDirectory;
  readonly refs: RefResolver;
  /** Left out: the account that the ambient credentials belong to. */
  readonly accounts: AccountDirectory | undefined;
  readonly credentials: CredentialBroker;
  readonly permission: Permission;
  readonly cache: Cache;
  readonly notes: CacheNotes;
  readonly readings: Readings;
  readonly plans: ReadPlans;
  /** What is being looked for further away, to renew what is kept. */
  readonly renewals: Set<string>;
  readonly telemetry: Telemetry;
  readonly events: Events;
  readonly budgets: RetryBudgets;
  readonly limits: Limits;
  readonly idempotency: IdempotencyStore;
  readonly pageTokens: PageTokens;
  readonly operationTokens: OperationTokens;
  readonly deeds: Deeds;
  readonly awake: KeepAwake;
  readonly briefWaits: BriefWaits;
  readonly defaultTimeoutMs: number;
  readonly concurrency: number;
  /** Aborted when the kernel closes; every call that leaves for a vendor listens to it, but the actions that were sent. */
  readonly closing: AbortSignal;
}
