import type { Outcome } from "../../answer.ts";
import type { Filter } from "../../kind/filter.ts";
import type { Kind } from "../../kind/kind.ts";
import type { Ref } from "../../ref/ref.ts";
import type { StandardSchema } from "../../standard-schema.ts";
import type { ActionRequest, ActionState, FollowRequest } from "./action.ts";
import type { ProviderCall } from "./call.ts";
import type { KindCapabilities, LimitDeclaration } from "./capabilities.ts";

/** The version of the contract in this folder. */
export const CONTRACT_VERSION = "v1alpha1";

/** What a provider says of itself. Plain data: it is the same when it comes from another process. */
export interface ProviderMetadata {
  /** Name, as it stands in refs: `aws`. */
  readonly name: string;
  /** Semantic version of the provider. */
  readonly version: string;
  readonly displayName: string;
  /** One at least, `-` for a vendor that has none. The first is the default: that of an account of which nobody says another. */
  readonly partitions: readonly string[];
  readonly kinds: readonly KindCapabilities[];
  readonly limits: readonly LimitDeclaration[];
  /** Hosts that it may send credentials to, `*` for one label: `ec2.*.amazonaws.com`. A vendor URL that leads elsewhere is not followed. */
  readonly hosts: readonly string[];
  /** The leases that it takes. */
  readonly credentials: CredentialsDeclaration;
}

/** The leases that a provider takes. */
export interface CredentialsDeclaration {
  /** Whether it takes `ambient` leases. */
  readonly ambient: boolean;
  /**
   * Names of the parameters of an `ambient` lease that it reads; none where it takes no such lease. Whoever lets people write
   * parameters refuses any other: a misspelt role would be left out, and the call made as somebody else.
   */
  readonly parameters: readonly string[];
  /** Names of the keys of a `keys` lease that it reads. */
  readonly keys: readonly string[];
}

/**
 * One vendor, behind one interface. It runs in the caller's process, a child process or a remote one, and means the same in each.
 *
 * Invariants, all checked by the conformance suite:
 * - Methods exist for what `metadata` declares, and do nothing of another scope than their call's.
 * - Every rejection is a `CloudLinkError` with a code of its own choosing; whatever else it throws is the provider's fault.
 * - It holds no secret longer than the lease it came with.
 */
export interface Provider {
  readonly contractVersion: typeof CONTRACT_VERSION;
  readonly metadata: ProviderMetadata;
  readonly kinds: readonly KindHandler[];
  /** Whose credentials these are. It makes a vendor call that needs no permission where the vendor has one. */
  identify(call: ProviderCall): Promise<Identity>;
  /** Ends what it keeps open: connections, timers. Calls that still run are canceled. */
  close(): Promise<void>;
}

/** Whose credentials a lease holds. */
export interface Identity {
  readonly partition: string;
  readonly account: string;
  /** The vendor's name for who it is: an ARN, an object id, a user name. */
  readonly principal: string;
  /** The regions to look in when nobody says: what the vendor's own tools would take from environment or profile. */
  readonly regions: readonly string[];
}

/** How a provider serves one kind. A method is called only where the capability is declared. */
export interface KindHandler<Value = unknown> {
  readonly kind: Kind<Value>;
  /** @returns the state as it is now. @throws `not_found` for a resource that is absent. */
  get?(call: ProviderCall, request: GetRequest): Promise<Observation<Value>>;
  /** @returns an outcome per ref, in any order: absence and a refused id are outcomes, not errors of the call. */
  getMany?(call: ProviderCall, request: GetManyRequest): Promise<readonly Outcome<Observation<Value>>[]>;
  /**
   * Everything of the kind in the call's scope, each resource once, as the vendor sends it. Nothing is fetched before it is asked for:
   * the kernel takes the next batch when it has room, and may stop at any time by `return()`.
   */
  list?(call: ProviderCall, request: ListRequest): AsyncIterable<ListBatch<Value>>;
  /**
   * Begins an action, or with `dryRun` asks whether it would be allowed. Credentials that it finds to be another account's are refused
   * before anything is sent, for the vendor would act there; it may ask whose they are once a lease.
   */
  act?(call: ProviderCall, request: ActionRequest): Promise<ActionState>;
  /** How an action that was begun stands, by the token it gave, in this process or another. */
  follow?(call: ProviderCall, request: FollowRequest): Promise<ActionState>;
}

/** What a provider is asked for by `get`. */
export interface GetRequest {
  readonly ref: Ref;
  readonly view: string;
  /** Whether to decode the vendor's own body too. */
  readonly native: boolean;
}

/** What a provider is asked for by `getMany`. */
export interface GetManyRequest {
  /** All of the call's scope, no two the same, no more than declared. */
  readonly refs: readonly Ref[];
  readonly view: string;
}

/** What a provider is asked for by `list`. */
export interface ListRequest {
  readonly view: string;
  /** The provider hands the vendor what it declared to push down; the kernel matches everything once more. */
  readonly filter: Filter;
  /** How many items a vendor call should bring at most; the provider keeps within the vendor's bounds. */
  readonly pageSize: number;
  /** Where to go on: the cursor of an earlier batch of the same scope, view, filter and page size. */
  readonly cursor?: string;
}

/** The state of a resource as a provider saw it. */
export interface Observation<Value> {
  readonly ref: Ref;
  readonly value: Value;
  readonly view: string;
  /** When the request that brought it was sent, in milliseconds since the epoch. */
  readonly observedAt: number;
  readonly sourceLagMs?: number;
  readonly native?: unknown;
}

/** A part of a list. */
export interface ListBatch<Value> {
  readonly items: readonly Observation<Value>[];
  /**
   * Where a list goes on after this batch: given at the end of a vendor page, `null` at the end of the list,
   * left out within a page, where one cannot go on.
   */
  readonly cursor?: string | null;
}

/** What a package that brings a provider exports as `default`: how to make one from settings. */
export interface ProviderPlugin<Settings = unknown> {
  readonly contractVersion: typeof CONTRACT_VERSION;
  /** Name and version of the provider it makes. */
  readonly name: string;
  readonly version: string;
  /** Checks settings, and fills in defaults, before a provider is made. */
  readonly settingsSchema: StandardSchema<unknown, Settings>;
  create(settings: Settings): Provider;
}
