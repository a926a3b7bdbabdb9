import type { Ref, VirtualMachineStatus } from "@cloudlink/core";

/** A machine as AWS's provider gives it: about 900 bytes as JSON. Its ids differ from machine to machine, as they do there. */
export function typicalMachine({ id, region }: Pick<Ref, "id" | "region">): VirtualMachineStatus {
  return {
    id,
    ...{ powerState: "running", rawState: "running", billed: "yes", name: `web-${id}` },
    addresses: [
      { address: "10.17.204.31", family: "ipv4", reach: "private" },
      { address: "203.0.113.87", family: "ipv4", reach: "public" },
    ],
    hostNames: ["ip-10-17-204-31.ec2.internal", "ec2-203-0-113-87.compute-1.amazonaws.com"],
    placement: { region, zone: `${region}a`, network: `vpc-${id}`, subnetwork: `subnet-${id}` },
    size: { name: "m7g.large", virtualCpus: 2, memoryMiB: 8_192 },
    ...{ image: "ami-0c1f3a8d2e4b5a697", architecture: "arm64", operatingSystem: "Linux/UNIX", preemptible: false },
    tags: { Name: `web-${id}`, team: "storefront", environment: "production", "cost-center": "4711" },
    ...{ createdAt: "2026-03-14T09:26:53.000Z", startedAt: "2026-11-02T07:12:40.000Z" },
    stateChangedAt: "2026-11-02T07:12:40.000Z",
  };
}
