import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerAdmin } from "./admin.ts";
import { faultAnswer } from "./answer.ts";
import type { Caller, SignedRequest } from "./credentials.ts";
import type { ActiveFault } from "./faults.ts";
import { decodeForm, listOf } from "./query-protocol.ts";
import { cut, send } from "./send.ts";
import type { Service } from "./service.ts";
import { answerOf, serviceOf } from "./vendor-call.ts";
import { VendorError } from "./vendor-error.ts";
import type { World } from "./world.ts";

/** More than any call of EC2 needs; a body beyond it is refused before it is read. */
const MAX_BODY_BYTES = 1_048_576;

/** The HTTP side: EC2, STS and, under `/_sandbox/`, the controls. */
export function createRequestHandler(world: World): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = request.url ?? "/";
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    // A client that goes away before its request is complete has asked nothing.
    request.on("error", () => undefined);
    request.on("end", () => {
      const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      if (url.startsWith("/_sandbox")) answerAdmin(world, { request, response, body: body.toString() });
      else answerVendor(world, { request, response, body });
    });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

function answerVendor(world: World, exchange: Exchange): void {
  const { request, response, body } = exchange;
  const { method = "", url: target = "/", rawHeaders, headers } = request;
  const parameters = decodeForm(method === "GET" ? (target.split("?")[1] ?? "") : body.toString());
  const action = parameters.get("Action") ?? "";
  const service = serviceOf(action, headers.authorization);
  const requestId = randomUUID();
  const caller = identify(world, { method, target, rawHeaders, headers, body }, service);
  const known = caller instanceof VendorError ? undefined : caller;
  const place = { action, account: known?.account, region: known?.region };
  const entry = world.requests.add({ id: requestId, ...place, parameters, startedAt: world.ec2.clock.now() });
  const { delay, answer: fault } = world.faults.planFor({
    ...place,
    names: (instanceId) => listOf(parameters, "InstanceId").includes(instanceId),
  });
  response.once("close", () => entry.finish(response.writableFinished ? "completed" : "aborted"));
  const on = { service, requestId };
  const carryOut = () => {
    if (fault?.when === "before") {
      const spoiled = faultAnswer(fault.rule.fault, on);
      if (spoiled !== undefined) send(response, spoiled, { entry, fault: undefined });
      else if (fault.rule.fault.kind === "cut") cut(response, entry);
      return;
    }
    const answer = answerOf(world, { ...on, action, parameters, caller });
    const tell = () => {
      const spoiled = fault === undefined ? undefined : faultAnswer(fault.rule.fault, on);
      send(response, spoiled ?? answer, { entry, fault: fault?.rule.fault });
    };
    if (delay?.when === "after") wait(delay, { response, proceed: tell });
    else tell();
  };
  if (delay?.when === "before") wait(delay, { response, proceed: carryOut });
  else carryOut();
}

/** Goes on after the delay, unless the client is gone by then. */
function wait(delay: ActiveFault, on: { response: ServerResponse; proceed: () => void }): void {
  const { response, proceed } = on;
  const resume = () => {
    if (!response.destroyed) proceed();
  };
  const { fault } = delay.rule;
  if (fault.kind === "latency") {
    const timer = setTimeout(resume, fault.latencyMs);
    response.once("close", () => clearTimeout(timer));
    return;
  }
  response.once("close", delay.hold(resume));
}

function identify(world: World, request: SignedRequest, service: Service): Caller | VendorError {
  try {
    return world.sts.credentials.callerOf(request, service);
  } catch (error) {
    if (error instanceof VendorError) return error;
    throw error;
  }
}
