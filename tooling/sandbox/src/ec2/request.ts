import type { ActionRecorder } from "../action-log.ts";
import type { SandboxClock } from "../clock.ts";
import type { Caller } from "../credentials.ts";
import type { SandboxInstance } from "../instance.ts";
import { byPosition, type InstanceStore } from "../instance-store.ts";
import type { PageTokens, TokenRefusal } from "../page-token.ts";
import { listOf, type QueryParameters } from "../query-protocol.ts";
import type { RateLimits } from "../rate-limits.ts";
import type { Transitions } from "../transitions.ts";
import { VendorError } from "../vendor-error.ts";
import { canonicalFilters, type Filter, literalValues } from "./filters.ts";

/** What an EC2 action is answered from. */
export interface Ec2World {
  readonly clock: SandboxClock;
  readonly instances: InstanceStore;
  readonly tokens: PageTokens;
  /** Count the page before filtering, so that a page may be short or empty and still lead on; as EC2 may do. */
  readonly sparsePages: boolean;
  /** Whether answers carry the whitespace of the real service. */
  readonly indented: boolean;
  readonly actions: ActionRecorder;
  readonly transitions: Transitions;
  /** For how long Describe shows the state before an action. */
  readonly staleMs: number;
  /** Undefined: no limits. */
  readonly limits: RateLimits | undefined;
  /** The code for why this start fails, or `undefined` where it does not; asking counts. */
  startFails(target: { account: string; region: string; instanceId: string }): string | undefined;
}

/** One call of an EC2 action. */
export interface Ec2Call {
  readonly action: string;
  readonly caller: Caller;
  readonly parameters: QueryParameters;
  readonly requestId: string;
}

/** The ids asked for, or undefined when the call names none. Repeated ids count once. */
export function readInstanceIds(parameters: QueryParameters): string[] | undefined {
  const ids = [...new Set(listOf(parameters, "InstanceId"))];
  const malformed = ids.find((id) => !/^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined) {
    throw new VendorError(400, "InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  }
  return ids.length === 0 ? undefined : ids;
}

/** The instances of these ids; one that is not there fails the whole call, as on EC2. */
export function findInstances(world: Ec2World, caller: Caller, ids: readonly string[]): SandboxInstance[] {
  const found = ids.map((id) => world.instances.find(caller, id));
  const absent = ids.filter((_, index) => found[index] === undefined);
  if (absent.length > 0) {
    const subject = absent.length === 1 ? `ID '${absent[0]}' does` : `IDs '${absent.join(", ")}' do`;
    throw new VendorError(400, "InvalidInstanceID.NotFound", `The instance ${subject} not exist`);
  }
  return found.filter((instance) => instance !== undefined).sort(byPosition);
}

/** The instances a list has to look at, in list order: those a literal `instance-id` filter names, or all of the place. */
function candidates(world: Ec2World, caller: Caller, filters: readonly Filter[]): readonly SandboxInstance[] {
  const ids = literalValues(filters, "instance-id");
  if (ids === undefined) return world.instances.at(caller);
  return [...ids]
    .map((id) => world.instances.find(caller, id))
    .filter((instance) => instance !== undefined)
    .sort(byPosition);
}

/** `MaxResults`, checked: 5 to 1,000, and never together with ids. */
export function readMaxResults(parameters: QueryParameters, ids: readonly string[] | undefined): number | undefined {
  const text = parameters.get("MaxResults");
  if (text === undefined) return undefined;
  const maxResults = Number(text);
  if (text === "" || !Number.isInteger(maxResults)) {
    throw new VendorError(400, "InvalidParameterValue", `Value ( ${text} ) for parameter maxResults is invalid.`);
  }
  if (ids !== undefined) {
    const message = "The parameter instancesSet cannot be used with the parameter maxResults";
    throw new VendorError(400, "InvalidParameterCombination", message);
  }
  if (maxResults < 5 || maxResults > 1000) {
    const bound = maxResults < 5 ? "greater than 5" : "smaller than 1000";
    const message = `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value ${bound}.`;
    throw new VendorError(400, "InvalidParameterValue", message);
  }
  return maxResults;
}

/** A page of what passes, and the token of the next one. */
export interface Page {
  readonly instances: readonly SandboxInstance[];
  readonly nextToken: string | undefined;
}

/**
 * Cuts a page out of the list. The token holds the place of the last instance given, so a walk meets every instance
 * that passes throughout exactly once, whatever else changes state, comes or goes meanwhile.
 *
 * @throws VendorError InvalidParameterValue for a token that is not one of this question, InvalidPaginationToken for an
 * expired one.
 */
export function cutPage(
  world: Ec2World,
  request: {
    readonly call: Ec2Call;
    readonly filters: readonly Filter[];
    readonly maxResults: number | undefined;
    readonly passes: (instance: SandboxInstance) => boolean;
  },
): Page {
  const { call, filters, maxResults, passes } = request;
  const { action, caller, parameters } = call;
  const binding = { action, account: caller.account, region: caller.region, question: canonicalFilters(filters) };
  const token = parameters.get("NextToken");
  const read = token === undefined ? { after: "" } : world.tokens.read(binding, token);
  if ("refused" in read) throw invalidToken(read.refused);
  const list = candidates(world, caller, filters);
  const instances: SandboxInstance[] = [];
  let index = firstAfter(list, read.after);
  let looked = 0;
  for (; index < list.length; index++) {
    const instance = list[index];
    if (instance === undefined) break;
    if ((world.sparsePages ? looked : instances.length) === maxResults) {
      const last = list[index - 1];
      return { instances, nextToken: world.tokens.issue(binding, last?.position ?? read.after) };
    }
    looked += 1;
    if (passes(instance)) instances.push(instance);
  }
  return { instances, nextToken: undefined };
}

function firstAfter(list: readonly SandboxInstance[], position: string): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.position ?? "") <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function invalidToken(refusal: TokenRefusal): VendorError {
  return refusal === "expired"
    ? new VendorError(400, "InvalidPaginationToken", "The specified pagination token is not valid or is expired.")
    : new VendorError(400, "InvalidParameterValue", "Unable to parse pagination token");
}
