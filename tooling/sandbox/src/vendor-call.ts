import { type Answer, errorAnswer } from "./answer.ts";
import { type Caller, isDenied } from "./credentials.ts";
import { describeInstanceStatus } from "./ec2/describe-instance-status.ts";
import { describeInstances } from "./ec2/describe-instances.ts";
import { rebootInstances } from "./ec2/reboot-instances.ts";
import type { Ec2Call, Ec2World } from "./ec2/request.ts";
import { startInstances } from "./ec2/start-instances.ts";
import { stopInstances } from "./ec2/stop-instances.ts";
import { hasListOf, listOf, type QueryParameters } from "./query-protocol.ts";
import type { Service } from "./service.ts";
import { assumeRole } from "./sts/assume-role.ts";
import { getCallerIdentity } from "./sts/get-caller-identity.ts";
import { VendorError } from "./vendor-error.ts";
import type { World } from "./world.ts";

interface Ec2Action {
  readonly answer: (world: Ec2World, call: Ec2Call) => Buffer;
  /** It changes instances: its ids are looked at before `DryRun`, and a refusal names the first of them. */
  readonly mutates: boolean;
}

const EC2_ACTIONS: ReadonlyMap<string, Ec2Action> = new Map([
  ["DescribeInstances", { answer: describeInstances, mutates: false }],
  ["DescribeInstanceStatus", { answer: describeInstanceStatus, mutates: false }],
  ["StartInstances", { answer: startInstances, mutates: true }],
  ["StopInstances", { answer: stopInstances, mutates: true }],
  ["RebootInstances", { answer: rebootInstances, mutates: true }],
]);

const STS_ACTIONS: ReadonlySet<string> = new Set(["GetCallerIdentity", "AssumeRole"]);

/** A request of a vendor's service, decoded, with who sent it or why that is not known. */
export interface VendorCall {
  readonly service: Service;
  readonly requestId: string;
  readonly action: string;
  readonly parameters: QueryParameters;
  readonly caller: Caller | VendorError;
}

/** Both services share the address here, so the scope of the signature tells them apart, else the action. */
export function serviceOf(action: string, authorization: string | undefined): Service {
  if (STS_ACTIONS.has(action)) return "sts";
  if (EC2_ACTIONS.has(action)) return "ec2";
  return authorization?.includes("/sts/aws4_request") === true ? "sts" : "ec2";
}

/** Carries the call out and answers it; what the vendor refuses becomes an error answer. Never throws. */
export function answerOf(world: World, call: VendorCall): Answer {
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
  const { account, region } = caller;
  world.ec2.limits?.takeRequest(
    { account, region, action, service },
    {
      isFiltered: hasListOf(parameters, "Filter") || hasListOf(parameters, "InstanceId"),
      isPaginated: parameters.has("MaxResults") || parameters.has("NextToken"),
    },
  );
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
  const known = EC2_ACTIONS.get(action);
  if (known === undefined) throw unknownAction(action);
  if (isDenied(caller.denied, `ec2:${action}`)) {
    throw unauthorized(caller, { action, instanceId: known.mutates ? listOf(parameters, "InstanceId")[0] : undefined });
  }
  if (!known.mutates && parameters.get("DryRun") === "true") {
    throw new VendorError(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
  }
  return known.answer(world.ec2, { action, caller, parameters, requestId });
}

function unknownAction(action: string): VendorError {
  return new VendorError(400, "InvalidAction", `The action ${action} is not valid for this web service.`);
}

function unauthorized(caller: Caller, asked: { action: string; instanceId: string | undefined }): VendorError {
  const { action, instanceId } = asked;
  const { arn, partition, region, account } = caller;
  const resource =
    instanceId === undefined ? "" : ` on resource: arn:${partition}:ec2:${region}:${account}:instance/${instanceId}`;
  const reason = `because no identity-based policy allows the ec2:${action} action`;
  const message = `You are not authorized to perform this operation. User: ${arn} is not authorized to perform: ec2:${action}${resource} ${reason}`;
  return new VendorError(403, "UnauthorizedOperation", message);
}
