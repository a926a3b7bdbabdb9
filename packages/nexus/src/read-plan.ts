import type {
  Account,
  CacheNamespace,
  CacheSubject,
  FreshnessAdvice,
  Kind,
  PermissionRequest,
  Provider,
  Scope,
} from "@cloudlink/core";
import type { Route } from "./route.ts";

/**
 * Everything about reads of one kind, place and view that does not follow from the resource or the moment: worked out once, so that a read
 * which memory answers has only to check that it still holds.
 */
export interface ReadPlan {
  readonly kind: Kind;
  /** As the request names it. */
  readonly askedView: string | undefined;
  readonly tenant: string;
  /** The generation that calls go to, and the account as the directory has it: with another of either, the plan is void. */
  readonly provider: Provider;
  readonly account: Account | undefined;
  readonly permission: PermissionRequest;
  readonly scope: Scope;
  readonly route: Route;
  /** The capability that it is read by when it leaves alone. */
  readonly by: "get" | "getMany";
  /** The view that is read from the vendor; and the place, among the kind's, of the narrowest that will do. */
  readonly view: string;
  readonly fromView: number;
  readonly namespace: CacheNamespace;
  /** Names the place that reads of this kind and scope are batched by. */
  readonly placeKey: string;
  readonly subject: CacheSubject;
  readonly advice: FreshnessAdvice | undefined;
  /** How long ago, in milliseconds, a read may have begun that a read joins which does not say how old an answer may be. */
  readonly usualJoinMs: number;
}
