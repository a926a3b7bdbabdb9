import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerAdmin } from "./admin.ts";
import { type Answer, errorAnswer, faultAnswer, send } from "./answer.ts";
import { type Caller, isDenied, type Service } from "./credentials.ts";
import { describeInstanceStatus } from "./ec2/describe-instance-status.ts";
import { describeInstances } from "./ec2/describe-instances.ts";
import type { Ec2Call, Ec2World } from "./ec2/request.ts";
import { decodeForm, type QueryParameters } from "./query-protocol.ts";
import { assumeRole } from "./sts/assume-role.ts";
import { getCallerIdentity } from "./sts/get-caller-identity.ts";
import { VendorError } from "./vendor-error.ts";
import type { World } from "./world.ts";

/** More than any call of EC2 needs; a body beyond it is refused before it is read. */
const MAX_BODY_BYTES = 1_048_576;

type Ec2Action = (world: Ec2World, call: Ec2Call) => Buffer;

const EC2_ACTIONS: ReadonlyMap<string, Ec2Action> = new Map([
  ["DescribeInstances", describeInstances],
  ["DescribeInstanceStatus", describeInstanceStatus],
]);

const STS_ACTIONS: ReadonlySet<string> = new Set(["GetCallerIdentity", "AssumeRole"]);

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
      const body = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? "";
      if (url.startsWith("/_sandbox")) answerAdmin(world, { request, response, body });
      else
        answerVendor(world, { request, response, form: request.method === "GET" ? (url.split("?")[1] ?? "") : body });
    });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly form: string;
}

function answerVendor(world: World, exchange: Exchange): void {
  const { request, response, form } = exchange;
  const parameters = decodeForm(form);
  const action = parameters.get("Action") ?? "";
  const service = serviceOf(action, request.headers.authorization);
  const requestId = randomUUID();
  const caller = identify(world, { request, service });
  const known = caller instanceof VendorError ? undefined : caller;
  const place = { action, account: known?.account, region: known?.region };
  const entry = world.requests.add({ id: requestId, ...place, parameters, startedAt: world.ec2.clock.now() });
  const plan = world.faults.planFor(place);
  const fault = plan.answer;
  response.once("close", () => entry.finish(response.writableFinished ? "completed" : "aborted"));
  const proceed = () => {
    if (response.destroyed || fault?.rule.fault.kind === "hang") return;
    const on = { service, requestId };
    const injected = fault === undefined ? undefined : faultAnswer(fault.rule.fault, on);
    send(response, injected ?? answerOf(world, { ...on, action, parameters, caller }), { entry, fault });
  };
  const delay = plan.delay?.rule.fault;
  if (delay?.kind === "latency") delayed(response, { ms: delay.latencyMs, proceed });
  else if (plan.delay !== undefined) response.once("close", plan.delay.hold(proceed));
  else proceed();
}

function delayed(response: ServerResponse, on: { ms: number; proceed: () => void }): void {
  const timer = setTimeout(on.proceed, on.ms);
  response.once("close", () => clearTimeout(timer));
}

/** Both services share the address here, so the scope of the signature tells them apart, else the action. */
function serviceOf(action: string, authorization: string | undefined): Service {
  if (STS_ACTIONS.has(action)) return "sts";
  if (EC2_ACTIONS.has(action)) return "ec2";
  return authorization?.includes("/sts/aws4_request") === true ? "sts" : "ec2";
}

function identify(world: World, from: { request: IncomingMessage; service: Service }): Caller | VendorError {
  const { authorization, "x-amz-security-token": token } = from.request.headers;
  const sessionToken = typeof token === "string" ? token : undefined;
  try {
    return world.sts.credentials.callerOf({ authorization, sessionToken, service: from.service });
  } catch (error) {
    if (error instanceof VendorError) return error;
    throw error;
  }
}

interface VendorCall {
  readonly service: Service;
  readonly requestId: string;
  readonly action: string;
  readonly parameters: QueryParameters;
  readonly caller: Caller | VendorError;
}

function answerOf(world: World, call: VendorCall): Answer {
  try {
    return { status: 200, body: perform(world, call) };
  } catch (error) {
    const vendorError =
      error instanceof VendorError
        ? error
        : new VendorError(500, "InternalError", `Defect of the sandbox: ${String(error)}`);
    return errorAnswer(vendorError, call);
  }
}

function perform(world: World, call: VendorCall): Buffer {
  const { service, action, parameters, caller, requestId } = call;
  if (caller instanceof VendorError) throw caller;
  if (action === "")
    throw new VendorError(400, "MissingAction", "The request is missing an action or a required parameter.");
  if (service === "sts") {
    if (action === "GetCallerIdentity") return getCallerIdentity({ caller, requestId });
    if (action !== "AssumeRole") throw unknownAction(action);
    if (isDenied(caller.denied, "sts:AssumeRole")) {
      const resource = parameters.get("RoleArn") ?? "*";
      const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${resource}`;
      throw new VendorError(403, "AccessDenied", message);
    }
    return assumeRole(world.sts, { caller, parameters, requestId });
  }
  const answer = EC2_ACTIONS.get(action);
  if (answer === undefined) throw unknownAction(action);
  if (isDenied(caller.denied, `ec2:${action}`)) throw unauthorized(caller, action);
  if (parameters.get("DryRun") === "true") {
    throw new VendorError(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  }
  return answer(world.ec2, { action, caller, parameters, requestId });
}

function unknownAction(action: string): VendorError {
  return new VendorError(400, "InvalidAction", `The action ${action} is not valid for this web service.`);
}

function unauthorized(caller: Caller, action: string): VendorError {
  const reason = `because no identity-based policy allows the ec2:${action} action`;
  const message = `You are not authorized to perform this operation. User: ${caller.arn} is not authorized to perform: ec2:${action} ${reason}`;
  return new VendorError(403, "UnauthorizedOperation", message);
}
