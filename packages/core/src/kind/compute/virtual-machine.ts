import { defineKind, type KindAction } from "../kind.ts";
import { billingWords, healthWords, powerStates, type VirtualMachineStatus } from "./virtual-machine-status.ts";

const start: KindAction = { name: "start", description: "Starts a stopped machine.", idempotent: true };
const stop: KindAction = {
  name: "stop",
  description: "Stops a running machine and keeps its disks.",
  idempotent: true,
};
const reboot: KindAction = {
  name: "reboot",
  description: "Restarts the machine's operating system.",
  idempotent: false,
};

/**
 * Virtual machines: EC2 instances, Azure virtual machines and their like.
 *
 * Views: `standard`, and `health`, which adds the vendor's health checks and may cost a second vendor call.
 */
export const VirtualMachine = defineKind<VirtualMachineStatus>()({
  name: "compute.VirtualMachine",
  major: 1,
  minor: 0,
  description: "A virtual machine: an EC2 instance, an Azure virtual machine and their like.",
  views: ["standard", "health"],
  defaultView: "standard",
  filters: ["powerState", "rawState", "billed", "name", "health", "placement.zone", "placement.network", "size.name"],
  filterRules: {
    powerState: { words: powerStates },
    billed: { words: billingWords },
    health: { words: healthWords, fromView: "health" },
  },
  actions: { start, stop, reboot },
  // A machine that runs or is stopped stays so for hours; one in between is what somebody waits for, and changes within seconds.
  freshness: {
    maxAgeMs: 10_000,
    listMaxAgeMs: 10_000,
    rules: [{ path: "powerState", words: ["starting", "stopping", "suspending", "deleting"], maxAgeMs: 2_000 }],
  },
  columns: {
    table: [
      { title: "NAME", path: "name" },
      { title: "STATE", path: "powerState" },
      { title: "SIZE", path: "size.name" },
      { title: "ZONE", path: "placement.zone" },
      { title: "ADDRESS", path: "addresses.0.address" },
    ],
    wide: [
      { title: "RAW STATE", path: "rawState" },
      { title: "BILLED", path: "billed" },
      { title: "STARTED", path: "startedAt" },
      { title: "IMAGE", path: "image" },
      { title: "NETWORK", path: "placement.network" },
    ],
  },
  loadSchema: async () => (await import("./virtual-machine.schema.ts")).virtualMachineSchema,
});
