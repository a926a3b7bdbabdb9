import {
  type Account,
  CloudLinkError,
  type Context,
  createFilter,
  createScope,
  type Kind,
  type ListProblem,
  NONE,
} from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { ListSource } from "./list-source.ts";
import type { ListPosition } from "./page-token.ts";
import { checkPermission } from "./read-target.ts";
import { unknownProvider } from "./ref-resolver.ts";
import type { ListRequest } from "./requests.ts";
import { type Route, routeOf, unimplemented, viewFor } from "./route.ts";

/** What a list consists of: the parts to read, and those that are known not to work before anything is read. */
export interface ListPlan {
  readonly sources: readonly ListSource[];
  readonly problems: readonly ListProblem[];
}

/**
 * The parts of a list: account × region of every provider of the kind.
 *
 * @throws `invalid_argument` for a provider, kind, account, region, filter or page size that is not known or not possible.
 */
export async function planList<K extends Kind>(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly ctx: Context;
    readonly wanted: ListRequest<K>;
    readonly position: ListPosition;
  },
): Promise<ListPlan> {
  const { call, ctx, wanted, position } = request;
  const { kind } = wanted;
  if (wanted.pageSize !== undefined && !(Number.isInteger(wanted.pageSize) && wanted.pageSize >= 1)) {
    throw invalidRequest(`pageSize is a whole number, 1 or more; it was ${wanted.pageSize}.`);
  }
  const filter = createFilter(kind, { where: wanted.where, tags: wanted.tags });
  const sources: ListSource[] = [];
  const problems: ListProblem[] = [];
  const fail = (place: Omit<ListProblem, "error">, error: unknown) => {
    problems.push({ ...place, error: call.failure(error, { provider: place.provider }) });
  };

  const accounts: { route: Route; account: Account }[] = [];
  for (const route of routesFor(kernel, wanted)) {
    const provider = route.provider.metadata.name;
    try {
      for (const account of await kernel.accounts.list(ctx, { provider })) accounts.push({ route, account });
    } catch (error) {
      fail({ provider, partition: NONE, account: NONE, region: NONE }, error);
    }
  }
  for (const { route, account, region } of placesOf(accounts, wanted, problems.length > 0)) {
    const provider = route.provider.metadata.name;
    const { partition, role } = account;
    const place = { provider, partition, account: account.account, region };
    try {
      checkPermission(kernel, { ctx, action: "list", kind: kind.name, target: place });
      const declared = route.capabilities.list;
      if (declared === undefined) throw unimplemented(`list for ${kind.name}`);
      const view = viewFor(kind, { view: wanted.view, declared: declared.views });
      const scope = createScope({ ...place, tenant: ctx.tenant, role });
      const cursor = Object.hasOwn(position, scope.key) ? (position[scope.key] ?? undefined) : undefined;
      sources.push(new ListSource({ scope, route, wish: { view, filter, pageSize: wanted.pageSize }, cursor }));
    } catch (error) {
      fail(place, error);
    }
  }
  return { sources, problems };
}

function routesFor<K extends Kind>(kernel: Kernel, { kind, providers }: ListRequest<K>): readonly Route[] {
  for (const name of providers ?? []) {
    if (kernel.providers.current(name) === undefined) throw unknownProvider(kernel.providers, name);
  }
  const asked = kernel.providers.list().filter(({ metadata }) => providers?.includes(metadata.name) ?? true);
  const routes = asked.flatMap((provider) => routeOf(provider, kind) ?? []);
  if (routes.length > 0) return routes;
  throw new CloudLinkError({
    reason: "ErrUnknownKind",
    message: `None of the providers asked has ${kind.name} v${kind.major}: ${asked.map(({ metadata }) => metadata.name).join(", ") || "there are none"}.`,
    origin: "caller",
  });
}

/** Account × region. An id or region that nothing has is a mistake; one that only some accounts have is a selection. */
function placesOf<K extends Kind>(
  accounts: readonly { readonly route: Route; readonly account: Account }[],
  wanted: ListRequest<K>,
  incomplete: boolean,
): readonly { readonly route: Route; readonly account: Account; readonly region: string }[] {
  const ids = wanted.accounts === undefined || wanted.accounts === "*" ? undefined : wanted.accounts;
  // When a provider could not say which accounts it has, one that is not found may be its.
  for (const id of incomplete ? [] : (ids ?? [])) {
    if (!accounts.some(({ account }) => account.account === id)) throw unknownAccount(id, accounts);
  }
  if (accounts.length === 0 && !incomplete) throw unknownAccount(undefined, accounts);
  const chosen = accounts.filter(({ account }) => ids?.includes(account.account) ?? true);
  const regions = wanted.regions === undefined || wanted.regions === "*" ? undefined : wanted.regions;
  const places = chosen.flatMap(({ route, account }) =>
    regionsOf(account, { regional: route.capabilities.regional, regions }).map((region) => ({
      route,
      account,
      region,
    })),
  );
  for (const region of regions ?? []) {
    const served =
      places.some((place) => place.region === region) || places.some((place) => !place.route.capabilities.regional);
    if (!served && chosen.length > 0) {
      throw new CloudLinkError({
        reason: "ErrUnknownRegion",
        message: `None of the accounts asked is configured for the region "${region}".`,
        origin: "caller",
      });
    }
  }
  return places;
}

function regionsOf(
  account: Account,
  { regional, regions }: { readonly regional: boolean; readonly regions: readonly string[] | undefined },
): readonly string[] {
  if (!regional) return [NONE];
  if (regions !== undefined)
    return account.regions === "*" ? regions : regions.filter((region) => account.regions.includes(region));
  const usual = account.listRegions ?? account.regions;
  if (usual !== "*" && usual.length > 0) return usual;
  throw invalidRequest(
    `Nothing says which regions of ${account.provider} account ${account.account} to look in. Name them in the request, or configure a region.`,
  );
}

function unknownAccount(id: string | undefined, accounts: readonly { readonly account: Account }[]): CloudLinkError {
  const known = [...new Set(accounts.map(({ account }) => account.account))];
  const listed =
    known.length > 20 ? `${known.slice(0, 20).join(", ")} and ${known.length - 20} more` : known.join(", ");
  return new CloudLinkError({
    reason: "ErrUnknownAccount",
    message: `${id === undefined ? "No account" : `The account "${id}"`} is ${id === undefined ? "" : "not "}configured. Configured: ${listed || "none"}.`,
    origin: "caller",
  });
}

function invalidRequest(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}
