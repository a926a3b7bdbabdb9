import type { SandboxInstance } from "../instance.ts";
import { STATE_CODES } from "../lifecycle.ts";
import { element, escapeXml, indentXml } from "../xml.ts";
import { EC2_NAMESPACE, XML_DECLARATION } from "./ec2-xml.ts";
import { compileFilters, type FilterSource, readFilters } from "./filters.ts";
import { instanceXml } from "./instance-xml.ts";
import {
  cutPage,
  type Ec2Call,
  type Ec2World,
  findInstances,
  type Page,
  readInstanceIds,
  readMaxResults,
} from "./request.ts";

/** Answers DescribeInstances (EC2 API reference): by ids, by filters, or page by page. */
export function describeInstances(world: Ec2World, call: Ec2Call): Buffer {
  const { caller, parameters } = call;
  const ids = readInstanceIds(parameters);
  const maxResults = readMaxResults(parameters, ids);
  const filters = readFilters(parameters);
  const passes = compileFilters(filters, instanceFilters(world.clock.now()));
  const page: Page =
    ids === undefined
      ? cutPage(world, { call, filters, maxResults, passes })
      : { instances: findInstances(world, caller, ids).filter(passes), nextToken: undefined };
  return render(world, { page, requestId: call.requestId, owner: caller.account });
}

/** The filters of DescribeInstances that the sandbox knows; EC2 has some ninety more. */
function instanceFilters(nowMs: number): FilterSource<SandboxInstance> {
  return (name) => {
    if (name.startsWith("tag:")) {
      const key = name.slice("tag:".length);
      return ({ settings }) => (Object.hasOwn(settings.tags, key) ? [settings.tags[key] ?? ""] : []);
    }
    return SOURCES.get(name)?.(nowMs);
  };
}

const SOURCES: ReadonlyMap<string, (nowMs: number) => (instance: SandboxInstance) => readonly string[]> = new Map([
  [
    "instance-id",
    () =>
      ({ id }: SandboxInstance) => [id],
  ],
  ["instance-state-name", (nowMs: number) => (instance: SandboxInstance) => [instance.shownAt(nowMs).state]],
  [
    "instance-state-code",
    (nowMs: number) => (instance: SandboxInstance) => [String(STATE_CODES[instance.shownAt(nowMs).state])],
  ],
  [
    "tag-key",
    () =>
      ({ settings }: SandboxInstance) =>
        Object.keys(settings.tags),
  ],
  [
    "instance-type",
    () =>
      ({ settings }: SandboxInstance) => [settings.instanceType],
  ],
  [
    "availability-zone",
    () =>
      ({ settings }: SandboxInstance) => [settings.availabilityZone],
  ],
  [
    "vpc-id",
    () =>
      ({ settings }: SandboxInstance) => [settings.vpcId],
  ],
  [
    "subnet-id",
    () =>
      ({ settings }: SandboxInstance) => [settings.subnetId],
  ],
  [
    "image-id",
    () =>
      ({ settings }: SandboxInstance) => [settings.imageId],
  ],
  [
    "reservation-id",
    () =>
      ({ settings }: SandboxInstance) => [settings.reservationId],
  ],
  [
    "owner-id",
    () =>
      ({ settings }: SandboxInstance) => [settings.account],
  ],
  [
    "private-ip-address",
    () =>
      ({ settings }: SandboxInstance) => [settings.privateIp],
  ],
]);

function render(world: Ec2World, answer: { page: Page; requestId: string; owner: string }): Buffer {
  const { page, requestId, owner } = answer;
  const now = world.clock.now();
  const itemOf = world.indented ? indentedItem : compactItem;
  const open = `<DescribeInstancesResponse xmlns="${EC2_NAMESPACE}">`;
  const parts: Buffer[] = [];
  const put = (xml: string) => parts.push(Buffer.from(xml));
  const gap = (depth: number) => (world.indented ? `\n${"    ".repeat(depth)}` : "");
  put(`${XML_DECLARATION}${open}${gap(1)}<requestId>${requestId}</requestId>${gap(1)}<reservationSet>`);
  let reservation: string | undefined;
  const close = `${gap(4)}</instancesSet>${gap(2)}</item>`;
  for (const instance of page.instances) {
    const { reservationId } = instance.settings;
    if (reservationId !== reservation) {
      const head = `${gap(3)}<reservationId>${escapeXml(reservationId)}</reservationId>${gap(3)}<ownerId>${owner}</ownerId>${gap(3)}<groupSet/>`;
      put(`${reservation === undefined ? "" : close}${gap(2)}<item>${head}${gap(3)}<instancesSet>`);
      reservation = reservationId;
    }
    parts.push(instance.renderedAt(now, itemOf));
  }
  const token = page.nextToken === undefined ? "" : `${gap(1)}${element("nextToken", page.nextToken)}`;
  put(
    `${reservation === undefined ? "" : close}${gap(1)}</reservationSet>${token}${gap(0)}</DescribeInstancesResponse>`,
  );
  return Buffer.concat(parts);
}

function compactItem(instance: SandboxInstance, moment: Parameters<typeof instanceXml>[1]): Buffer {
  return Buffer.from(instanceXml(instance, moment));
}

function indentedItem(instance: SandboxInstance, moment: Parameters<typeof instanceXml>[1]): Buffer {
  const margin = "    ".repeat(4);
  return Buffer.from(`\n${indentXml(instanceXml(instance, moment)).trimEnd().replaceAll(/^/gm, margin)}`);
}
