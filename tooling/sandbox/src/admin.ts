import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActionMatch, ActionName } from "./action-log.ts";
import { AdminInputError } from "./admin-input-error.ts";
import { readFaultRule } from "./fault-input.ts";
import type { FaultHandle, FaultRule } from "./faults.ts";
import type { RequestMatch, RequestOutcome } from "./request-log.ts";
import type { World } from "./world.ts";

interface AdminExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
}

/**
 * The controls over HTTP, for tests whose sandbox runs in another process. JSON in and out; 400 says what to do.
 * They answer this machine only, and a POST must be `application/json`, which no web page can send across origins unasked.
 */
export function answerAdmin(world: World, exchange: AdminExchange): void {
  const { request, response } = exchange;
  const reply = (status: number, value: unknown) => {
    const body = Buffer.from(`${JSON.stringify(value)}\n`);
    response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length }).end(body);
  };
  const remote = request.socket.remoteAddress ?? "";
  if (!remote.startsWith("127.") && remote !== "::1") {
    reply(403, { error: "the controls answer the same machine only" });
    return;
  }
  try {
    const result = route(world, exchange);
    if (result === undefined) reply(404, { error: `no such control; there are: ${CONTROLS}` });
    else reply(200, result);
  } catch (error) {
    // A defect must not take down the process that other tests share.
    if (error instanceof AdminInputError) reply(400, { error: error.message });
    else reply(500, { error: `defect of the sandbox: ${String(error)}` });
  }
}

const CONTROLS =
  "GET and DELETE /_sandbox/requests, GET and DELETE /_sandbox/actions, GET, POST and DELETE /_sandbox/faults, POST /_sandbox/faults/ID/release, DELETE /_sandbox/faults/ID, GET /_sandbox/instances";

function route(world: World, { request, body }: AdminExchange): unknown {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const [, , resource, id, verb] = url.pathname.split("/");
  switch (`${request.method} ${[resource, id === undefined ? undefined : "ID", verb].filter(Boolean).join("/")}`) {
    case "GET requests":
      return listRequests(world, url.searchParams);
    case "DELETE requests":
      world.requests.clear();
      return { cleared: true };
    case "GET actions":
      return listActions(world, url.searchParams);
    case "DELETE actions":
      world.ec2.actions.clear();
      return { cleared: true };
    case "GET faults":
      return { faults: world.faults.list() };
    case "POST faults":
      return addFault(world, readFaultRule(readJson(request, body)));
    case "DELETE faults":
      world.faults.clear();
      return { cleared: true };
    case "DELETE faults/ID":
      faultOf(world, id).remove();
      return { removed: id };
    case "POST faults/ID/release":
      faultOf(world, id).release();
      return { released: id };
    case "GET instances":
      return { instances: world.ec2.instances.list(placeQuery(url.searchParams)) };
    default:
      return undefined;
  }
}

function listRequests(world: World, query: URLSearchParams): unknown {
  const match = requestMatch(query);
  const entries = world.requests.entries(match);
  const limit = limitOf(query);
  return { count: entries.length, dropped: world.requests.dropped, requests: limit === 0 ? [] : entries.slice(-limit) };
}

function listActions(world: World, query: URLSearchParams): unknown {
  const actions = world.ec2.actions.list(actionMatch(query));
  const limit = limitOf(query);
  return { count: actions.length, actions: limit === 0 ? [] : actions.slice(-limit) };
}

function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get("limit") ?? 100);
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw new AdminInputError(`limit=${query.get("limit")}: give a whole number, 0 or more`);
}

function addFault(world: World, rule: FaultRule): FaultHandle {
  try {
    return world.faults.add(rule);
  } catch (error) {
    if (error instanceof RangeError) throw new AdminInputError(error.message);
    throw error;
  }
}

const ACTIONS: readonly ActionName[] = ["StartInstances", "StopInstances", "RebootInstances"];

function actionMatch(query: URLSearchParams): ActionMatch {
  checkNames(query, ["action", "instanceId", "account", "region", "requestId", "effective", "limit"]);
  const action = ACTIONS.find((known) => known === query.get("action"));
  if (query.has("action") && action === undefined) {
    throw new AdminInputError(`action=${query.get("action")}: give one of ${ACTIONS.join(", ")}`);
  }
  const { instanceId, account, region, requestId, effective } = Object.fromEntries(query);
  if (effective !== undefined && effective !== "true" && effective !== "false") {
    throw new AdminInputError(`effective=${effective}: give true or false`);
  }
  return {
    ...(action === undefined ? {} : { action }),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(effective === undefined ? {} : { effective: effective === "true" }),
  };
}

const OUTCOMES: readonly RequestOutcome[] = ["pending", "completed", "aborted", "failed"];

function requestMatch(query: URLSearchParams): RequestMatch {
  checkNames(query, ["action", "account", "region", "outcome", "code", "limit"]);
  const outcome = OUTCOMES.find((known) => known === query.get("outcome"));
  if (query.has("outcome") && outcome === undefined) {
    throw new AdminInputError(`outcome=${query.get("outcome")}: give one of ${OUTCOMES.join(", ")}`);
  }
  const { action, account, region, code } = Object.fromEntries(query);
  return {
    ...(action === undefined ? {} : { action }),
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(code === undefined ? {} : { code }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function placeQuery(query: URLSearchParams): { account?: string; region?: string } {
  checkNames(query, ["account", "region"]);
  const { account, region } = Object.fromEntries(query);
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

function checkNames(query: URLSearchParams, known: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new AdminInputError(`unknown query parameter ${unknown}: give any of ${known.join(", ")}`);
}

function faultOf(world: World, id: string | undefined) {
  const fault = world.faults.list().find((candidate) => candidate.id === id);
  if (fault === undefined) throw new AdminInputError(`no fault ${id} in force: GET /_sandbox/faults lists them`);
  return fault;
}

function readJson(request: IncomingMessage, body: string): unknown {
  if (request.headers["content-type"]?.split(";")[0]?.trim() !== "application/json") {
    throw new AdminInputError("send the header content-type: application/json");
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new AdminInputError(
      `the body is no JSON (${error instanceof Error ? error.message : String(error)}): send an object`,
    );
  }
}
