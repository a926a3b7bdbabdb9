import type { FreshnessAdvice } from "../../freshness.ts";
import type { RefTemplate } from "../../ref/ref-template.ts";

/**
 * What a provider declares of one kind. What is not declared is not there: the kernel answers `unimplemented`
 * for it and never looks at whether a method happens to exist.
 */
export interface KindCapabilities {
  /** Name of the kind. */
  readonly kind: string;
  /** Major version of the kind that the values are of. */
  readonly major: number;
  /** Whether resources of the kind are addressed by region; where not, the region of their refs is `-`. */
  readonly regional: boolean;
  /** How the vendor writes the ids of this kind. Accepted wherever a ref is. */
  readonly refTemplates: readonly RefTemplate[];
  /** How old an answer may be for a caller who does not say, in place of the kind's own advice: where this vendor is dearer to ask, say. */
  readonly freshness?: FreshnessAdvice;
  readonly get?: GetCapability;
  readonly getMany?: GetManyCapability;
  readonly list?: ListCapability;
  readonly actions?: Readonly<Record<string, ActionCapability>>;
  /** Paths in a native body that never leave the provider's answer unredacted; see `redactNative`. */
  readonly sensitive?: readonly string[];
}

interface Capability {
  /** The vendor operations it sends, as named in {@link LimitDeclaration.operations}: what a call is charged with beforehand. */
  readonly operations: readonly string[];
  /**
   * By how much the vendor's source may lag behind the resources, in milliseconds: an inventory service, say. The kernel does not
   * answer from such a source what has to be fresher. Left out, there is no lag.
   */
  readonly sourceLagMs?: number;
}

/** That one resource can be read. */
export interface GetCapability extends Capability {
  /** Views it can give. */
  readonly views: readonly string[];
  /** Whether it can give the vendor's own body too. */
  readonly native?: boolean;
}

/** That several resources of one scope can be read by one call. */
export interface GetManyCapability extends Capability {
  readonly views: readonly string[];
  /** The most refs of one call. All are of one scope. */
  readonly maxRefs: number;
}

/** That everything of the kind in a scope can be listed. */
export interface ListCapability extends Capability {
  readonly views: readonly string[];
  /** Filter paths that it hands to the vendor; the kernel matches the rest itself. `tags` stands for tags. */
  readonly pushDown: readonly string[];
  /** The most items that one vendor call brings. */
  readonly maxPageSize: number;
}

/** That an action of the kind can be carried out. */
export interface ActionCapability extends Capability {
  /** Whether the vendor can say if the action is allowed without doing it. */
  readonly dryRun: boolean;
  /** That it may go on after the first answer. Left out, it is done when it is answered. */
  readonly follow?: FollowCapability;
}

/** That an action goes on after the first answer, and is followed by a token. */
export interface FollowCapability {
  /** The vendor operations that following it sends, as named in {@link LimitDeclaration.operations}: what a look is charged with beforehand. */
  readonly operations: readonly string[];
}

/**
 * A limit of the vendor's. It is the vendor's, not ours: tenants that share an account share its limits, and one call may be charged to several.
 */
export interface LimitDeclaration {
  /** Unique within the provider, such as `describe`. */
  readonly name: string;
  /** What the vendor counts by: `["account", "region"]`; `resource` where every resource has a limit of its own. */
  readonly dimensions: readonly ("partition" | "account" | "region" | "resource" | "identity")[];
  /** The vendor operations that are charged to it. */
  readonly operations: readonly string[];
  /** The most calls in a burst. */
  readonly burst: number;
  readonly refillPerSecond: number;
}
