import type { Context, Ref } from "@cloudlink/core";
import { type Row, startVendor } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";
import { liveKernel, someRefs } from "../live-kernel.ts";
import { ratioOf } from "../measure.ts";

const MACHINES = 20;

/** How twenty machines are asked for. */
interface Asked {
  readonly nexus: Nexus;
  readonly ctx: Context;
  readonly kind: typeof import("@cloudlink/core").VirtualMachine;
  readonly refs: readonly Ref[];
}

/** Row 11, its first half: 20 machines by one getMany, over 20 concurrent SDK calls. */
export const getMany: Row = rowOf({
  group: "live",
  name: "one getMany",
  async ask({ nexus, ctx, kind, refs }) {
    const { outcomes } = await nexus.getMany(ctx, { kind, refs });
    if (!outcomes.every(({ ok }) => ok)) throw new Error("a machine was not found");
  },
});

/** Row 11, its second half: 20 machines by 20 gets at once, which leave as one call. */
export const coalescedGets: Row = rowOf({
  group: "cache",
  name: `${MACHINES} concurrent gets`,
  async ask({ nexus, ctx, kind, refs }) {
    await Promise.all(refs.map((ref) => nexus.get(ctx, { kind, ref })));
  },
});

/** The control asks for one after the other: what nothing brings together. */
async function askOneByOne({ nexus, ctx, kind, refs }: Asked): Promise<void> {
  for (const ref of refs) await nexus.get(ctx, { kind, ref });
}

function rowOf(half: { readonly group: string; readonly name: string; ask(asked: Asked): Promise<void> }): Row {
  return {
    row: "speed-11",
    group: half.group,
    async measure({ subjects, size, control }) {
      const { background, VirtualMachine: kind } = subjects.core;
      const { DescribeInstancesCommand } = subjects.sdk;
      await using vendor = await startVendor({ count: 100 });
      const { nexus, client } = liveKernel({ subjects }, vendor);
      const asked: Asked = { nexus, ctx: background(), kind, refs: await someRefs({ subjects, nexus }, MACHINES) };
      const ask = control ? askOneByOne : half.ask;
      const calls = size === "full" ? 20 : 1;

      const sentBefore = await vendor.requestCount();
      const rounds = size === "full" ? 21 : 1;
      const warmUp = size === "full" ? 5 : 0;
      const { ratio, subjectMs, peerMs } = await ratioOf({
        rounds,
        warmUp,
        async subject() {
          for (let call = 0; call < calls; call += 1) await ask(asked);
        },
        async peer() {
          for (let call = 0; call < calls; call += 1) {
            await Promise.all(
              asked.refs.map(({ id }) => client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))),
            );
          }
        },
      });
      const sent = (await vendor.requestCount()) - sentBefore;
      const vendorCalls = control ? MACHINES : 1;
      const due = calls * (rounds + warmUp) * (MACHINES + vendorCalls);
      if (sent !== due) throw new Error(`${due} vendor calls were due and the vendor saw ${sent}`);
      await nexus.close();
      client.destroy();
      return [
        {
          row: "speed-11",
          name: `${MACHINES} VMs by ${half.name} ÷ ${MACHINES} concurrent SDK calls, CPU`,
          value: ratio.median,
          unit: "x",
          goal: { atMost: 0.3 },
          n: calls * rounds,
          spread: [ratio.min, ratio.max],
          note: `${(subjectMs.median / calls).toFixed(2)} ms against ${(peerMs.median / calls).toFixed(2)} ms, ${vendorCalls} vendor call${vendorCalls > 1 ? "s" : ""} against ${MACHINES}`,
        },
      ];
    },
  };
}
