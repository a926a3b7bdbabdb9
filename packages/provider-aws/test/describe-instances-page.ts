const states = [
  ["running", 16],
  ["stopped", 80],
  ["pending", 0],
  ["stopping", 64],
] as const;
const names = [
  "web &amp; api",
  "数据库 主节点",
  "caf&#233; &lt;eu&gt;",
  "zażółć gęślą 🚀 &quot;jaźń&quot;",
  "plain-name",
];

/** One reservation with one instance, with everything in it that EC2 really sends: references, Unicode, empty elements. */
function reservationXml(n: number): string {
  const hex = n.toString(16).padStart(17, "0");
  const [state, code] = states[n % states.length] ?? states[0];
  const name = names[n % names.length];
  const ip = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  const host = `ip-${ip.replaceAll(".", "-")}.ec2.internal`;
  const isOdd = n % 2 === 1;
  const group =
    "<groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>default</groupName></item></groupSet>";
  const time = "2026-03-01T12:34:56.000Z";
  return [
    `<item><reservationId>r-${hex}</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet><item>`,
    `<instanceId>i-${hex}</instanceId><imageId>ami-0abcdef1234567890</imageId><bootMode>uefi-preferred</bootMode>`,
    `<instanceState><code>${code}</code><name>${state}</name></instanceState><privateDnsName>${host}</privateDnsName>`,
    `<dnsName>${isOdd ? `ec2-3-${n & 255}-1-1.compute-1.amazonaws.com` : ""}</dnsName>`,
    isOdd
      ? "<reason>User initiated (2026-01-01 00:00:00 GMT)</reason><stateReason><code>Client.UserInitiatedShutdown</code><message>Client.UserInitiatedShutdown: User initiated shutdown</message></stateReason>"
      : "<reason/>",
    "<keyName>prod-key</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>m6i.2xlarge</instanceType>",
    `<launchTime>2026-03-0${1 + (n % 9)}T12:34:56.000Z</launchTime>`,
    "<placement><availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement>",
    "<monitoring><state>disabled</state></monitoring><subnetId>subnet-0123456789abcdef0</subnetId>",
    `<vpcId>vpc-0123456789abcdef0</vpcId><privateIpAddress>${ip}</privateIpAddress>`,
    isOdd ? `<ipAddress>3.${n & 255}.1.1</ipAddress>` : "",
    `<sourceDestCheck>true</sourceDestCheck>${group}<architecture>x86_64</architecture>`,
    "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>",
    `<deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-${hex}</volumeId><status>attached</status>`,
    `<attachTime>${time}</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>`,
    n % 7 === 0 ? "<instanceLifecycle>spot</instanceLifecycle>" : "",
    `<virtualizationType>hvm</virtualizationType><clientToken>${hex}-tok</clientToken>`,
    `<tagSet><item><key>Name</key><value>${name}</value></item><item><key>env</key><value>prod</value></item>`,
    "<item><key>note</key><value/></item></tagSet><hypervisor>xen</hypervisor>",
    `<networkInterfaceSet><item><networkInterfaceId>eni-${hex}</networkInterfaceId><description/>`,
    `<ownerId>123456789012</ownerId><status>in-use</status><privateIpAddress>${ip}</privateIpAddress>${group}`,
    `<attachment><attachTime>${time}</attachTime><networkCardIndex>0</networkCardIndex></attachment>`,
    `<privateIpAddressesSet><item><privateIpAddress>${ip}</privateIpAddress><primary>true</primary></item>`,
    n % 3 === 0 ? `<item><privateIpAddress>172.16.0.${n & 255}</privateIpAddress><primary>false</primary></item>` : "",
    "</privateIpAddressesSet><ipv6AddressesSet>",
    n % 4 === 0 ? `<item><ipv6Address>2001:db8::${(n & 0xffff).toString(16)}</ipv6Address></item>` : "",
    "</ipv6AddressesSet></item></networkInterfaceSet><ebsOptimized>true</ebsOptimized>",
    "<cpuOptions><coreCount>4</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>",
    "<hibernationOptions><configured>false</configured></hibernationOptions><platformDetails>Linux/UNIX</platformDetails>",
    "</item></instancesSet><requesterId>AIDAEXAMPLE</requesterId></item>",
  ].join("");
}

/** A DescribeInstances answer of `count` instances, on one line. */
export function pageXml({ from = 0, count, nextToken }: { from?: number; count: number; nextToken?: string }): string {
  const reservations = Array.from({ length: count }, (_, index) => reservationXml(from + index));
  const token = nextToken === undefined ? "" : `<nextToken>${nextToken}</nextToken>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>8f7724cf-example</requestId><reservationSet>${reservations.join("")}</reservationSet>${token}</DescribeInstancesResponse>`;
}

/** The same as EC2 really lays it out: each element on a line of its own, four spaces a level. */
export function indented(xml: string): string {
  let depth = 0;
  return xml
    .replace(/>\n?(?=<)/g, ">\n")
    .split("\n")
    .map((line) => {
      if (line.startsWith("</")) depth -= 1;
      const laidOut = "    ".repeat(Math.max(depth, 0)) + line;
      if (/^<[a-zA-Z]/.test(line) && !line.includes("</") && !line.endsWith("/>")) depth += 1;
      return laidOut;
    })
    .join("\n");
}
