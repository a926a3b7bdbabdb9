import type { Observation, Provider, Ref, VirtualMachineStatus } from "@cloudlink/core";
import type { Subjects } from "@cloudlink/measure";
import type { AskVendor } from "./processes/vendor-client.ts";

/** Where its machines are, but for the account. */
export const DEPOT = { provider: "depot", partition: "-" } as const;

/** A provider of machines that a vendor in another process has. */
export function createDepot({ CONTRACT_VERSION, VirtualMachine }: Subjects["core"], ask: AskVendor): Provider {
  const views = ["standard"];
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      ...{ name: DEPOT.provider, version: "1.0.0", displayName: "A depot", partitions: [DEPOT.partition] },
      ...{ limits: [], hosts: [], credentials: { ambient: true, parameters: [], keys: [] } },
      kinds: [
        {
          ...{ kind: VirtualMachine.name, major: 1, regional: true, refTemplates: [] },
          get: { operations: ["get"], views },
          getMany: { operations: ["getMany"], views, maxRefs: 200 },
        },
      ],
    },
    kinds: [
      {
        kind: VirtualMachine,
        async get({ ctx, report }, { ref, view }): Promise<Observation<VirtualMachineStatus>> {
          report.vendorRequest({ operation: "get" });
          const observedAt = ctx.clock.nowMs();
          const [value] = await ask({ region: ref.region, ids: [ref.id] }, ctx.signal);
          return { ref, view, observedAt, value: value as VirtualMachineStatus };
        },
        async getMany({ ctx, report }, { refs, view }) {
          report.vendorRequest({ operation: "getMany" });
          const observedAt = ctx.clock.nowMs();
          const region = (refs[0] as Ref).region;
          const values = await ask({ region, ids: refs.map(({ id }) => id) }, ctx.signal);
          return refs.map((ref, index) => {
            const value = values[index] as VirtualMachineStatus;
            return { ok: true, ref, state: { ref, view, observedAt, value } };
          });
        },
      },
    ],
    identify: () => Promise.reject(new Error("its accounts are given")),
    close: async () => {},
  };
}
