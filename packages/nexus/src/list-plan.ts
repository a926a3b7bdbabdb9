import {
  type Account,
  CloudLinkError,
  type Context,
  checkFreshnessBounds,
  createScope,
  type Filter,
  type Kind,
  type ListProblem,
  NONE,
  quote,
  untilDone,
} from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import { identifiedAccount } from "./ambient-accounts.ts";
import { stepContext } from "./call-bounds.ts";
import { checkTexts } from "./entrance.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { ListSource } from "./list-source.ts";
import type { ListPosition } from "./page-token.ts";
import { checkPermission } from "./permission-check.ts";
import { adviceOf } from "./plan-read.ts";
import { unknownProvider } from "./ref-resolver.ts";
import { listView, type Route, routeOf, unimplemented } from "./route.ts";

/** The form of a region in a ref. Vendors' host names are made of regions, so nothing else gets to a provider. */
const regionForm = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What a list consists of: the parts to read, and those that are known not to work before anything is read. */
export interface ListPlan {
  readonly sources: readonly ListSource[];
  readonly problems: readonly ListProblem[];
}

/**
 * The parts of a list that are not at their end: account × region of every provider of the kind, each once.
 *
 * @throws `invalid_argument` for a provider, kind, account, region or page size that is not known or not possible.
 */
export async function planList<K extends Kind>(
  kernel: Kernel,
  request: {
    readonly call: KernelCall;
    readonly ctx: Context;
    readonly wanted: ListRequest<K>;
    readonly filter: Filter;
    readonly position: ListPosition;
  },
): Promise<ListPlan> {
  const { call, ctx, wanted, filter, position } = request;
  const { kind, pageSize } = wanted;
  if (pageSize !== undefined && !(Number.isInteger(pageSize) && pageSize >= 1)) {
    throw invalidRequest(`pageSize is a whole number, 1 or more; it was ${pageSize}.`);
  }
  checkFreshnessBounds("ErrInvalidRequest", wanted);
  if (isSelection(wanted.accounts)) checkTexts("accounts", wanted.accounts);
  if (isSelection(wanted.regions)) checkTexts("regions", wanted.regions);
  if (wanted.providers !== undefined) checkTexts("providers", wanted.providers);
  const routes = routesFor(kernel, wanted);
  const sources = new Map<string, ListSource>();
  const problems: ListProblem[] = [];
  const fail = (place: Omit<ListProblem, "error">, error: unknown) => {
    problems.push({ ...place, error: call.failure(error, { provider: place.provider }) });
  };

  const accounts: ListedAccount[] = [];
  for (const found of await Promise.all(routes.map((route) => accountsOf(kernel, { call, ctx, route })))) {
    if ("accounts" in found) accounts.push(...found.accounts);
    else fail({ provider: found.provider, partition: NONE, account: NONE, region: NONE }, found.error);
  }
  // A context that is over is no provider's trouble.
  ctx.throwIfDone();
  for (const { route, account, region, error } of placesOf(accounts, wanted, problems.length > 0)) {
    const provider = route.provider.metadata.name;
    const { partition, role } = account;
    const place = { provider, partition, account: account.account, region };
    try {
      checkPermission(kernel, { ctx, action: "list", kind: kind.name, target: place });
      if (error !== undefined) throw error;
      const declared = route.capabilities.list;
      if (declared === undefined) throw unimplemented(route.provider, `list for ${kind.name}`);
      const view = listView(route, { kind, view: wanted.view, declared: declared.views, filter });
      const scope = createScope({ ...place, tenant: ctx.tenant, role });
      const namespace = kernel.cache.namespace({ scope, kind });
      const maxAgeMs = wanted.maxAgeMs ?? adviceOf(route)?.listMaxAgeMs ?? 0;
      const cursor = Object.hasOwn(position, scope.key) ? position[scope.key] : undefined;
      if (cursor === null) continue;
      sources.set(
        scope.key,
        new ListSource({ scope, route, namespace, wish: { view, filter, pageSize, maxAgeMs }, cursor }),
      );
    } catch (thrown) {
      fail(place, thrown);
    }
  }
  return { sources: [...sources.values()], problems };
}

function isSelection(given: "*" | readonly string[] | undefined): boolean {
  return given !== undefined && given !== "*";
}

interface ListedAccount {
  readonly route: Route;
  readonly account: Account;
}

/** The accounts of one provider. It does not reject: a provider whose accounts cannot be found is a problem of its own. */
async function accountsOf(
  kernel: Kernel,
  { call, ctx, route }: { readonly call: KernelCall; readonly ctx: Context; readonly route: Route },
): Promise<{ readonly accounts: readonly ListedAccount[] } | { readonly provider: string; readonly error: unknown }> {
  const provider = route.provider.metadata.name;
  using step = stepContext(kernel, ctx);
  try {
    const accounts =
      kernel.accounts === undefined
        ? [await identifiedAccount(kernel, { call, ctx: step, provider: route.provider })]
        : await untilDone(step, kernel.accounts.list(step, { provider }));
    const own = accounts.filter((account) => account.provider === provider);
    return { accounts: own.map((account) => ({ route, account })) };
  } catch (error) {
    return { provider, error };
  }
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

/** Where to look, or why that account cannot be looked in. */
interface Place extends ListedAccount {
  readonly region: string;
  readonly error?: CloudLinkError;
}

/** Account × region. An id or region that nothing has is a mistake; one that only some accounts have is a selection. */
function placesOf<K extends Kind>(
  accounts: readonly ListedAccount[],
  wanted: ListRequest<K>,
  incomplete: boolean,
): readonly Place[] {
  const ids = wanted.accounts === undefined || wanted.accounts === "*" ? undefined : wanted.accounts;
  const regions = wanted.regions === undefined || wanted.regions === "*" ? undefined : wanted.regions;
  for (const region of regions ?? []) if (!regionForm.test(region)) throw unknownRegion(region);
  const known = new Set(accounts.map(({ account }) => account.account));
  const chosen = accounts.filter(({ account }) => ids?.includes(account.account) ?? true);
  const places = chosen.flatMap((listed) => placesIn(listed, regions));
  // When a provider could not say which accounts it has, what is not found may be its.
  if (incomplete) return places;
  for (const id of ids ?? []) if (!known.has(id)) throw unknownAccount(id, known);
  if (accounts.length === 0) throw unknownAccount(undefined, known);
  const anywhere = places.some(({ route }) => !route.capabilities.regional);
  for (const region of anywhere || chosen.length === 0 ? [] : (regions ?? [])) {
    if (!places.some((place) => place.region === region)) throw unknownRegion(region);
  }
  return places;
}

function placesIn(listed: ListedAccount, wanted: readonly string[] | undefined): readonly Place[] {
  const { route, account } = listed;
  if (!route.capabilities.regional) return [{ ...listed, region: NONE }];
  const { regions } = account;
  if (wanted !== undefined) {
    const had = regions === "*" ? wanted : wanted.filter((region) => regions.includes(region));
    return had.map((region) => ({ ...listed, region }));
  }
  const usual = account.listRegions ?? regions;
  if (usual !== "*" && usual.length > 0) return usual.map((region) => ({ ...listed, region }));
  const error = invalidRequest(
    `Nothing says which regions of ${account.provider} account ${account.account} to look in. Name them in the request, or configure a region.`,
  );
  return [{ ...listed, region: NONE, error }];
}

function unknownRegion(region: string): CloudLinkError {
  const shown = typeof region === "string" && regionForm.test(region) ? ` "${region}"` : "";
  return new CloudLinkError({
    reason: "ErrUnknownRegion",
    message:
      shown === ""
        ? "A region has lower-case letters, digits and hyphens, as in eu-west-1."
        : `None of the accounts asked is configured for the region${shown}.`,
    origin: "caller",
  });
}

/** How many of the accounts an error message lists. */
const MOST_SHOWN = 20;

function unknownAccount(id: string | undefined, known: ReadonlySet<string>): CloudLinkError {
  const shown = [...known].slice(0, MOST_SHOWN).join(", ");
  const listed = known.size > MOST_SHOWN ? `${shown} and ${known.size - MOST_SHOWN} more` : shown;
  return new CloudLinkError({
    reason: "ErrUnknownAccount",
    message:
      id === undefined
        ? "No account is configured for the providers asked. Add one to the accounts."
        : `The account ${quote(id)} is not configured. Configured: ${listed || "none"}.`,
    origin: "caller",
  });
}

function invalidRequest(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}
