import type { SandboxInstance } from "../instance.ts";
import { stateCodeOf } from "../instance.ts";
import { STATE_CODES } from "../lifecycle.ts";
import { VendorError } from "../vendor-error.ts";
import { element, indentXml } from "../xml.ts";
import { EC2_NAMESPACE, XML_DECLARATION } from "./ec2-xml.ts";
import { compileFilters, type FilterSource, readFilters } from "./filters.ts";
import {
  cutPage,
  type Ec2Call,
  type Ec2World,
  findInstances,
  type Page,
  readInstanceIds,
  readMaxResults,
} from "./request.ts";

/** EC2 API reference, DescribeInstanceStatus: "Constraints: Maximum 100 explicitly specified instance IDs." */
const MAX_IDS = 100;

/** Status checks say `initializing` for the first minutes after a start. */
const INITIALIZING_MS = 120_000;

/** Answers DescribeInstanceStatus (EC2 API reference): running instances only, unless asked for all. */
export function describeInstanceStatus(world: Ec2World, call: Ec2Call): Buffer {
  const { caller, parameters, requestId } = call;
  const now = world.clock.now();
  const ids = readInstanceIds(parameters);
  if (ids !== undefined && ids.length > MAX_IDS) {
    const message = `${ids.length} exceeds the maximum number of instance IDs that can be specificied (${MAX_IDS}). Please specify fewer than ${MAX_IDS} instance IDs.`;
    throw new VendorError(400, "InvalidRequest", message);
  }
  const maxResults = readMaxResults(parameters, ids);
  const filters = readFilters(parameters);
  const all = parameters.get("IncludeAllInstances") === "true";
  const filtered = compileFilters(filters, statusFilters(now));
  const passes = (instance: SandboxInstance) =>
    (all || instance.shownAt(now).state === "running") && filtered(instance);
  const question = [...filters, { name: "include-all-instances", values: [String(all)] }];
  const page: Page =
    ids === undefined
      ? cutPage(world, { call, filters: question, maxResults, passes })
      : { instances: findInstances(world, caller, ids).filter(passes), nextToken: undefined };
  const items = page.instances.map((instance) => statusXml(instance, now)).join("");
  const set = items === "" ? "<instanceStatusSet/>" : `<instanceStatusSet>${items}</instanceStatusSet>`;
  const body = `${element("requestId", requestId)}${set}${element("nextToken", page.nextToken)}`;
  const xml = `<DescribeInstanceStatusResponse xmlns="${EC2_NAMESPACE}">${body}</DescribeInstanceStatusResponse>`;
  return Buffer.from(`${XML_DECLARATION}${world.indented ? indentXml(xml) : xml}`);
}

/** The filters of DescribeInstanceStatus; unlike DescribeInstances it has none on tags. */
function statusFilters(nowMs: number): FilterSource<SandboxInstance> {
  return (name) => {
    switch (name) {
      case "availability-zone":
        return ({ settings }) => [settings.availabilityZone];
      case "instance-state-name":
        return (instance) => [instance.shownAt(nowMs).state];
      case "instance-state-code":
        return (instance) => [String(STATE_CODES[instance.shownAt(nowMs).state])];
      case "instance-status.status":
      case "system-status.status":
        return (instance) => [checkOf(instance, nowMs).status];
      case "instance-status.reachability":
      case "system-status.reachability":
        return (instance) => [checkOf(instance, nowMs).reachability ?? ""];
      default:
        return undefined;
    }
  };
}

function checkOf(instance: SandboxInstance, nowMs: number): { status: string; reachability: string | undefined } {
  const { state, sinceMs } = instance.shownAt(nowMs);
  if (state !== "running") return { status: "not-applicable", reachability: undefined };
  if (nowMs < sinceMs + INITIALIZING_MS) return { status: "initializing", reachability: "initializing" };
  const status = instance.settings.statusCheck;
  const reachability = { ok: "passed", impaired: "failed", "insufficient-data": "insufficient-data" }[status];
  return { status, reachability };
}

function statusXml(instance: SandboxInstance, nowMs: number): string {
  const moment = instance.shownAt(nowMs);
  const { status, reachability } = checkOf(instance, nowMs);
  const details =
    reachability === undefined
      ? ""
      : `<details><item><name>reachability</name>${element("status", reachability)}</item></details>`;
  const check = `${element("status", status)}${details}`;
  return [
    "<item>",
    element("instanceId", instance.id),
    element("availabilityZone", instance.settings.availabilityZone),
    `<instanceState>${element("code", stateCodeOf(instance, moment))}${element("name", moment.state)}</instanceState>`,
    `<systemStatus>${check}</systemStatus><instanceStatus>${check}</instanceStatus>`,
    "<operator><managed>false</managed></operator>",
    "</item>",
  ].join("");
}
