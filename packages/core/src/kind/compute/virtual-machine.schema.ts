import { z } from "zod";
import { createKindSchema, openWords } from "../kind-schema.ts";
import { billingWords, healthWords, powerStates, type VirtualMachineStatus } from "./virtual-machine-status.ts";

const instant = z.iso.datetime({ precision: null }).describe("RFC 3339, UTC");
const text = z.string().min(1);

/**
 * The same as {@link VirtualMachineStatus}, for what the compiler does not see: answers of plugins in other processes,
 * the conformance suite, JSON Schema. A field it does not know is dropped and a state it does not know is `unknown`, neither is refused:
 * a peer may be of a later minor version.
 */
const status = z.object({
  id: text.describe("The vendor's id within account and region."),
  powerState: openWords(powerStates),
  rawState: z.string().describe("The vendor's own word for the state."),
  stateReason: text.exactOptional(),
  billed: openWords(billingWords).describe("Whether compute time is billed in this state."),
  name: text.exactOptional(),
  addresses: z.array(
    z.object({
      address: z.union([z.ipv4(), z.ipv6()]),
      family: z.enum(["ipv4", "ipv6"]),
      reach: z.enum(["private", "public"]),
    }),
  ),
  hostNames: z.array(text),
  placement: z.object({
    region: text,
    zone: text.exactOptional(),
    group: text.exactOptional(),
    network: text.exactOptional(),
    subnetwork: text.exactOptional(),
  }),
  size: z.object({
    name: text,
    virtualCpus: z.int().positive().exactOptional(),
    memoryMiB: z.int().positive().exactOptional(),
  }),
  image: text.exactOptional(),
  architecture: text.exactOptional(),
  operatingSystem: text.exactOptional(),
  preemptible: z.boolean(),
  tags: z.record(z.string(), z.string()),
  createdAt: instant.exactOptional(),
  startedAt: instant.exactOptional(),
  stateChangedAt: instant.exactOptional(),
  health: openWords(healthWords).exactOptional(),
}) satisfies z.ZodType<VirtualMachineStatus>;

export const virtualMachineSchema = createKindSchema<VirtualMachineStatus>(status);
