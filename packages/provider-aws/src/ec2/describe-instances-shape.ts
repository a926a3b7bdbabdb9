import { boolean, integer, list, streamedList, string, structure, timestamp } from "../xml/projection.ts";

const code = { code: ["Code", string], message: ["Message", string] } as const;

const networkInterface = structure({
  privateIpAddressesSet: [
    "PrivateIpAddresses",
    list(structure({ privateIpAddress: ["PrivateIpAddress", string], primary: ["Primary", boolean] })),
  ],
  ipv6AddressesSet: ["Ipv6Addresses", list(structure({ ipv6Address: ["Ipv6Address", string] }))],
});

const instance = structure({
  instanceId: ["InstanceId", string],
  instanceState: ["State", structure({ code: ["Code", integer], name: ["Name", string] })],
  instanceType: ["InstanceType", string],
  cpuOptions: [
    "CpuOptions",
    structure({ coreCount: ["CoreCount", integer], threadsPerCore: ["ThreadsPerCore", integer] }),
  ],
  privateIpAddress: ["PrivateIpAddress", string],
  ipAddress: ["PublicIpAddress", string],
  networkInterfaceSet: ["NetworkInterfaces", list(networkInterface)],
  privateDnsName: ["PrivateDnsName", string],
  dnsName: ["PublicDnsName", string],
  placement: [
    "Placement",
    structure({
      availabilityZone: ["AvailabilityZone", string],
      tenancy: ["Tenancy", string],
      groupName: ["GroupName", string],
    }),
  ],
  launchTime: ["LaunchTime", timestamp],
  tagSet: ["Tags", list(structure({ key: ["Key", string], value: ["Value", string] }))],
  reason: ["StateTransitionReason", string],
  stateReason: ["StateReason", structure(code)],
  hibernationOptions: ["HibernationOptions", structure({ configured: ["Configured", boolean] })],
  vpcId: ["VpcId", string],
  subnetId: ["SubnetId", string],
  imageId: ["ImageId", string],
  platformDetails: ["PlatformDetails", string],
  architecture: ["Architecture", string],
  instanceLifecycle: ["InstanceLifecycle", string],
});

const reservation = structure({ ownerId: ["OwnerId", string], instancesSet: ["Instances", streamedList(instance)] });

/**
 * The part of a DescribeInstances answer that a VM is made of, by wire name, in the SDK's member names. Reservations and
 * instances are streamed: the page itself keeps the token alone.
 *
 * Source of both: `DescribeInstancesResult` in the EC2 model, API version 2016-11-15.
 */
export const describeInstancesDocument = structure({
  DescribeInstancesResponse: [
    "result",
    structure({
      reservationSet: ["Reservations", streamedList(reservation)],
      nextToken: ["NextToken", string],
    }),
  ],
});
