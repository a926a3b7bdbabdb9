import { hasPublicAddress, type SandboxInstance, stateCodeOf } from "../instance.ts";
import type { Moment } from "../lifecycle.ts";
import { hexOf } from "../random.ts";
import { element, timestamp } from "../xml.ts";

/**
 * The `<item>` of an `<instancesSet>`, with the elements and in the order of a real DescribeInstances answer
 * (EC2 API reference, Instance; API version 2016-11-15).
 */
export function instanceXml(instance: SandboxInstance, moment: Moment): string {
  const { settings, id } = instance;
  const terminated = moment.state === "terminated";
  const publicIp = hasPublicAddress(moment) ? settings.publicIp : undefined;
  return [
    "<item>",
    element("instanceId", id),
    element("imageId", settings.imageId),
    `<instanceState>${element("code", stateCodeOf(instance, moment))}${element("name", moment.state)}</instanceState>`,
    element("privateDnsName", terminated ? "" : privateDnsName(instance)),
    element("dnsName", publicIp === undefined ? "" : publicDnsName(instance, publicIp)),
    element("reason", transitionReason(moment)),
    element("keyName", "operations"),
    "<amiLaunchIndex>0</amiLaunchIndex><productCodes/>",
    element("instanceType", settings.instanceType),
    element("launchTime", timestamp(moment.startedAtMs)),
    placementXml(instance),
    settings.platform === "windows" ? "<platform>windows</platform>" : "",
    "<monitoring><state>disabled</state></monitoring>",
    terminated ? "" : networkXml(instance, publicIp),
    stateReasonXml(moment),
    element("architecture", /^[a-z]+\d+g/.test(settings.instanceType) ? "arm64" : "x86_64"),
    "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>",
    terminated ? "<blockDeviceMapping/>" : blockDevicesXml(instance, moment),
    "<virtualizationType>hvm</virtualizationType>",
    settings.spot
      ? `<instanceLifecycle>spot</instanceLifecycle>${element("spotInstanceRequestId", `sir-${hexOf(id, 8)}`)}`
      : "",
    element("clientToken", uuidOf(`client/${id}`)),
    tagSetXml(settings.tags),
    "<hypervisor>xen</hypervisor>",
    terminated ? "<networkInterfaceSet/>" : networkInterfaceXml(instance, { moment, publicIp }),
    terminated ? "" : profileXml(instance),
    "<ebsOptimized>true</ebsOptimized><enaSupport>true</enaSupport>",
    optionsXml(instance, moment),
    settings.extraXml,
    "</item>",
  ].join("");
}

/** `<tagSet>`; empty when there are no tags. */
function tagSetXml(tags: Readonly<Record<string, string>>): string {
  const items = Object.entries(tags).map(
    ([key, value]) => `<item>${element("key", key)}${element("value", value)}</item>`,
  );
  return items.length === 0 ? "<tagSet/>" : `<tagSet>${items.join("")}</tagSet>`;
}

function placementXml({ settings }: SandboxInstance): string {
  const { availabilityZone, region } = settings;
  const zoneId = `${region.replace(/^([a-z]{2}).*-([a-z])[a-z]*-(\d)$/, "$1$2$3")}-az${availabilityZone.charCodeAt(availabilityZone.length - 1) - 96}`;
  return `<placement>${element("availabilityZone", availabilityZone)}${element("availabilityZoneId", zoneId)}<groupName/><tenancy>default</tenancy></placement>`;
}

function networkXml({ settings }: SandboxInstance, publicIp: string | undefined): string {
  return [
    element("subnetId", settings.subnetId),
    element("vpcId", settings.vpcId),
    element("privateIpAddress", settings.privateIp),
    element("ipAddress", publicIp),
    "<sourceDestCheck>true</sourceDestCheck>",
    groupSetXml(settings.vpcId),
    element("ipv6Address", settings.ipv6),
  ].join("");
}

function groupSetXml(vpcId: string): string {
  return `<groupSet><item>${element("groupId", `sg-0${hexOf(`group/${vpcId}`, 16)}`)}<groupName>service-default</groupName></item></groupSet>`;
}

/** The text that EC2 gives for who ended it and when; the time in it is the only one of its kind without milliseconds. */
function transitionReason({ state, sinceMs, reason }: Moment): string {
  if (state === "running" || state === "pending") return "";
  if (reason !== undefined) return reason.code;
  const at = timestamp(Math.max(0, sinceMs)).slice(0, 19).replace("T", " ");
  return `User initiated (${at} GMT)`;
}

function stateReasonXml({ state, reason }: Moment): string {
  if (reason !== undefined)
    return `<stateReason>${element("code", reason.code)}${element("message", reason.message)}</stateReason>`;
  if (state === "running") return "";
  if (state === "pending") return "<stateReason><code>pending</code><message>pending</message></stateReason>";
  const text = "Client.UserInitiatedShutdown";
  return `<stateReason><code>${text}</code><message>${text}: User initiated shutdown</message></stateReason>`;
}

function blockDevicesXml(instance: SandboxInstance, moment: Moment): string {
  const { id } = instance;
  const attachTime = timestamp(instance.firstLaunchMs(moment));
  const devices = ["/dev/xvda", ...(hexOf(`volumes/${id}`, 1) < "6" ? ["/dev/sdf"] : [])].map((name, index) =>
    [
      `<item>${element("deviceName", name)}<ebs>`,
      element("volumeId", `vol-0${hexOf(`volume/${id}/${index}`, 16)}`),
      `<status>attached</status>${element("attachTime", attachTime)}${element("deleteOnTermination", index === 0)}`,
      "</ebs></item>",
    ].join(""),
  );
  return `<blockDeviceMapping>${devices.join("")}</blockDeviceMapping>`;
}

function networkInterfaceXml(
  instance: SandboxInstance,
  { moment, publicIp }: { readonly moment: Moment; readonly publicIp: string | undefined },
): string {
  const { id, settings } = instance;
  const privateAddress = `${element("privateIpAddress", settings.privateIp)}${element("privateDnsName", privateDnsName(instance))}`;
  const association =
    publicIp === undefined
      ? ""
      : `<association>${element("publicIp", publicIp)}${element("publicDnsName", publicDnsName(instance, publicIp))}<ipOwnerId>amazon</ipOwnerId></association>`;
  const ipv6 =
    settings.ipv6 === undefined
      ? "<ipv6AddressesSet/>"
      : `<ipv6AddressesSet><item>${element("ipv6Address", settings.ipv6)}<isPrimaryIpv6>true</isPrimaryIpv6></item></ipv6AddressesSet>`;
  const attachTime = timestamp(instance.firstLaunchMs(moment));
  return [
    "<networkInterfaceSet><item>",
    element("networkInterfaceId", `eni-0${hexOf(`eni/${id}`, 16)}`),
    element("subnetId", settings.subnetId),
    element("vpcId", settings.vpcId),
    element("description", "Primary network interface"),
    element("ownerId", settings.account),
    "<status>in-use</status>",
    element("macAddress", macOf(id)),
    privateAddress,
    "<sourceDestCheck>true</sourceDestCheck>",
    groupSetXml(settings.vpcId),
    `<attachment>${element("attachmentId", `eni-attach-0${hexOf(`attach/${id}`, 16)}`)}<deviceIndex>0</deviceIndex><status>attached</status>`,
    `${element("attachTime", attachTime)}<deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>`,
    association,
    `<privateIpAddressesSet><item>${privateAddress}<primary>true</primary>${association}</item></privateIpAddressesSet>`,
    ipv6,
    "<interfaceType>interface</interfaceType><operator><managed>false</managed></operator>",
    "</item></networkInterfaceSet>",
  ].join("");
}

function profileXml({ settings }: SandboxInstance): string {
  const arn = `arn:aws:iam::${settings.account}:instance-profile/service`;
  return `<iamInstanceProfile>${element("arn", arn)}${element("id", `AIPA${hexOf(settings.account, 17).toUpperCase()}`)}</iamInstanceProfile>`;
}

function optionsXml(instance: SandboxInstance, moment: Moment): string {
  const { settings } = instance;
  const windows = settings.platform === "windows";
  return [
    "<cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>",
    "<capacityReservationSpecification><capacityReservationPreference>open</capacityReservationPreference></capacityReservationSpecification>",
    `<hibernationOptions>${element("configured", settings.hibernation)}</hibernationOptions>`,
    "<enclaveOptions><enabled>false</enabled></enclaveOptions>",
    "<metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit>",
    "<httpEndpoint>enabled</httpEndpoint><httpProtocolIpv6>disabled</httpProtocolIpv6><instanceMetadataTags>disabled</instanceMetadataTags></metadataOptions>",
    "<maintenanceOptions><autoRecovery>default</autoRecovery><rebootMigration>default</rebootMigration></maintenanceOptions>",
    "<currentInstanceBootMode>uefi</currentInstanceBootMode>",
    element("platformDetails", windows ? "Windows" : "Linux/UNIX"),
    element("usageOperation", windows ? "RunInstances:0002" : "RunInstances"),
    element("usageOperationUpdateTime", timestamp(instance.firstLaunchMs(moment))),
    "<privateDnsNameOptions><hostnameType>ip-name</hostnameType><enableResourceNameDnsARecord>true</enableResourceNameDnsARecord>",
    "<enableResourceNameDnsAAAARecord>false</enableResourceNameDnsAAAARecord></privateDnsNameOptions>",
    "<operator><managed>false</managed></operator>",
  ].join("");
}

function privateDnsName({ settings }: SandboxInstance): string {
  const host = `ip-${settings.privateIp.replaceAll(".", "-")}`;
  return settings.region === "us-east-1" ? `${host}.ec2.internal` : `${host}.${settings.region}.compute.internal`;
}

function publicDnsName({ settings }: SandboxInstance, publicIp: string): string {
  const host = `ec2-${publicIp.replaceAll(".", "-")}`;
  return settings.region === "us-east-1"
    ? `${host}.compute-1.amazonaws.com`
    : `${host}.${settings.region}.compute.amazonaws.com`;
}

function macOf(id: string): string {
  return `02:${(hexOf(`mac/${id}`, 10).match(/../g) ?? []).join(":")}`;
}

function uuidOf(name: string): string {
  const hex = hexOf(name, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
