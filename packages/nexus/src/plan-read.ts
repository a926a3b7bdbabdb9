import type { FreshnessAdvice, Kind, PermissionRequest } from "@cloudlink/core";
import type { CallTarget } from "./call-target.ts";
import { type FreshnessWish, mostLagOf } from "./freshness-wish.ts";
import type { Kernel } from "./kernel.ts";
import type { ReadPlan } from "./read-plan.ts";
import { type Route, readBy, viewFor } from "./route.ts";

/** @throws `invalid_argument` for a view that the kind does not have, `unimplemented` for what the provider does not declare. */
export function planRead(
  kernel: Kernel,
  request: {
    readonly kind: Kind;
    readonly target: CallTarget;
    readonly view: string | undefined;
    readonly wish: FreshnessWish;
    /** The capabilities to read by, the preferred one first. */
    readonly from: readonly ("get" | "getMany")[];
  },
): ReadPlan {
  const { kind, target, wish, from } = request;
  const { scope, route, account } = target;
  const advice = adviceOf(route);
  const { by, capability } = readBy(route, { from, maxAgeMs: mostLagOf(wish, advice) });
  const view = viewFor(route, { kind, view: request.view, declared: capability.views });
  const placeKey = `${scope.key} ${kind.name} ${kind.major}`;
  return kernel.plans.share(`${placeKey} ${request.view} ${by}`, {
    isGood: (plan) =>
      plan.kind === kind &&
      plan.provider === route.provider &&
      plan.view === view &&
      // Of ambient accounts there is a new one each time.
      (kernel.accounts === undefined || plan.account === account),
    make: () => ({
      kind,
      askedView: request.view,
      tenant: scope.tenant,
      provider: route.provider,
      account,
      permission: permissionFor(target, kind),
      scope,
      route,
      by,
      view,
      fromView: kind.views.indexOf(request.view ?? kind.defaultView),
      namespace: kernel.cache.namespace({ scope, kind }),
      placeKey,
      subject: Object.freeze({ tenant: scope.tenant, provider: scope.provider, kind: kind.name }),
      advice,
      usualJoinMs: shortestAge(advice),
    }),
  });
}

/** What will do for a resource in whatever state. */
function shortestAge(advice: FreshnessAdvice | undefined): number {
  if (advice === undefined) return 0;
  const { maxAgeMs, rules = [] } = advice;
  return rules.reduce((shortest, rule) => Math.min(shortest, rule.maxAgeMs), maxAgeMs);
}

/** What a provider advises for its own resources, or else the kind for all. */
export function adviceOf({ capabilities, handler }: Route): FreshnessAdvice | undefined {
  return capabilities.freshness ?? handler.kind.freshness;
}

function permissionFor({ scope }: CallTarget, { name }: Kind): PermissionRequest {
  const { provider, partition, account } = scope;
  return Object.freeze({ action: "get", kind: name, provider, partition, account });
}
