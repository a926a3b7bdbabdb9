import {
  CloudLinkError,
  type Filter,
  type GetCapability,
  type GetManyCapability,
  type Kind,
  type KindCapabilities,
  type KindHandler,
  type Provider,
  type ProviderDirectory,
  viewCovers,
} from "@cloudlink/core";
import { unknownProvider } from "./ref-resolver.ts";

/** Where calls of one kind to one provider go. */
export interface Route {
  readonly provider: Provider;
  readonly handler: KindHandler;
  /** What the provider declared of the kind; what is not in it is not called. */
  readonly capabilities: KindCapabilities;
}

/** @throws `invalid_argument` for a provider that is not registered or a kind that it does not know. */
export function routeTo(
  kernel: { readonly providers: ProviderDirectory },
  target: { readonly provider: string; readonly kind: Kind },
): Route {
  const provider = kernel.providers.current(target.provider);
  if (provider === undefined) throw unknownProvider(kernel.providers, target.provider);
  const route = routeOf(provider, target.kind);
  if (route === undefined) {
    const known = provider.metadata.kinds.map(({ kind, major }) => `${kind} v${major}`);
    throw new CloudLinkError({
      reason: "ErrUnknownKind",
      message: `The provider "${target.provider}" has no ${target.kind.name} v${target.kind.major}. It has: ${known.join(", ")}.`,
      origin: "caller",
      provider: target.provider,
    });
  }
  return route;
}

/** The route to a kind of `provider`, or `undefined` if it does not declare that kind in that major version. */
export function routeOf(provider: Provider, kind: Kind): Route | undefined {
  const isKind = (named: { readonly kind: string; readonly major: number }) =>
    named.kind === kind.name && named.major === kind.major;
  const capabilities = provider.metadata.kinds.find(isKind);
  const handler = provider.kinds.find((each) => isKind({ kind: each.kind.name, major: each.kind.major }));
  if (capabilities === undefined || handler === undefined) return undefined;
  return { provider, handler, capabilities };
}

/** The view to ask for: the one that was named, or the kind's own. @throws `invalid_argument`, `unimplemented`. */
export function viewFor(
  { provider }: Route,
  request: { readonly kind: Kind; readonly view: string | undefined; readonly declared: readonly string[] },
): string {
  const { kind } = request;
  const view = request.view ?? kind.defaultView;
  if (!kind.views.includes(view)) {
    throw new CloudLinkError({
      reason: "ErrInvalidRequest",
      message: `${kind.name} has no view "${view}". It has: ${kind.views.join(", ")}.`,
      origin: "caller",
    });
  }
  // A wider view that the provider can give answers a narrower one.
  const wideEnough = kind.views.slice(kind.views.indexOf(view)).find((each) => request.declared.includes(each));
  if (wideEnough === undefined) throw unimplemented(provider, `the view "${view}" of ${kind.name}`);
  return wideEnough;
}

/**
 * The view that a list reads. A filter on a field that only a wider view has is matched against that view: against a narrower one it would
 * find nothing, and say nothing.
 *
 * @throws `invalid_argument`, `unimplemented`.
 */
export function listView(
  route: Route,
  request: {
    readonly kind: Kind;
    readonly view: string | undefined;
    readonly declared: readonly string[];
    readonly filter: Filter;
  },
): string {
  const { kind, declared, filter } = request;
  let view = viewFor(route, request);
  for (const path of Object.keys(filter.where)) {
    const fromView = kind.filterRules?.[path]?.fromView;
    if (fromView === undefined || viewCovers(kind, { held: view, wanted: fromView })) continue;
    if (!declared.some((each) => viewCovers(kind, { held: each, wanted: fromView }))) {
      throw unimplemented(
        route.provider,
        `a list of ${kind.name} in the view "${fromView}", which the filter "${path}" needs`,
      );
    }
    view = viewFor(route, { kind, view: fromView, declared });
  }
  return view;
}

/**
 * How one resource, or several of one scope, are read: the declared capability whose source lags by no more than the caller takes.
 * A source that lags never serves a live read.
 *
 * @throws `unimplemented` where there is none.
 */
export function readBy(
  { provider, capabilities, handler }: Route,
  request: { readonly from: readonly ("get" | "getMany")[]; readonly maxAgeMs: number },
): { readonly by: "get" | "getMany"; readonly capability: GetCapability | GetManyCapability } {
  const { from, maxAgeMs } = request;
  for (const by of from) {
    const capability = capabilities[by];
    if (capability !== undefined && (capability.sourceLagMs ?? 0) <= maxAgeMs) return { by, capability };
  }
  const declared = from.filter((by) => capabilities[by] !== undefined);
  const { name } = handler.kind;
  throw unimplemented(
    provider,
    declared.length === 0
      ? `${from.join(" or ")} for ${name}`
      : `a source of ${name} that is as fresh as ${maxAgeMs} ms`,
  );
}

/** The answer to whatever a provider does not declare. */
export function unimplemented({ metadata }: Provider, what: string): CloudLinkError {
  const { name, version } = metadata;
  return new CloudLinkError({
    reason: "ErrUnimplemented",
    message: `The provider "${name}" ${version} does not declare ${what}.`,
    origin: "plugin",
    provider: name,
  });
}
