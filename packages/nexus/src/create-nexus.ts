import type {
  AccountDirectory,
  Account,
  Cache,
  Clock,
  CredentialBroker,
  Events,
  Permission,
  Provider,
  ProviderDirectory,
  Telemetry,
} from "@cloudlink/core";
import type { Nexus } from "./nexus.ts";

/** What {@link createNexus} takes. Only `providers` has to be given. */
export interface NexusSettings {
  /** The providers, or a directory that can replace them while calls run. */
  readonly providers: readonly Provider[] | ProviderDirectory;
  /** The accounts of every tenant, or a directory of each tenant's. Left out: the one account that the ambient credentials belong to. */
  readonly accounts?: readonly Account[] | AccountDirectory;
  /** Left out: the vendors' own ways (environment, profiles, instance roles). */
  readonly credentials?: CredentialBroker;
  readonly permission?: Permission;
  readonly cache?: Cache;
  readonly telemetry?: Telemetry;
  readonly events?: Events;
  readonly clock?: Clock;
  /** The deadline of a call whose context has none, in milliseconds. 10,000 if left out; `Infinity` for none. */
  readonly defaultTimeoutMs?: number;
  /** How many vendor calls of one list or getMany run at once. 8 if left out. */
  readonly concurrency?: number;
  /**
   * What page tokens are authenticated with, 32 bytes or more. Left out, one is made at random and tokens are good in this process only;
   * give every replica the same one to go on with a list in any of them.
   */
  readonly tokenKey?: Uint8Array;
}

/** @throws `invalid_argument` (`ErrInvalidSettings`). */
export function createNexus(settings: NexusSettings): Nexus {
  throw new Error("under construction");
}
