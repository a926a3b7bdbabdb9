import { type Row, startVendor } from "@cloudlink/measure";
import { liveKernel, someRefs } from "../live-kernel.ts";
import { ratioOf } from "../measure.ts";

const MACHINES = 20;

/** Row 11: 20 machines by one getMany, over 20 concurrent SDK calls. The control is 20 concurrent gets that nothing brings together. */
export const getMany: Row = {
  row: "speed-11",
  group: "live",
  async measure({ subjects, size, control }) {
    const { background, VirtualMachine: kind } = subjects.core;
    const { DescribeInstancesCommand } = subjects.sdk;
    await using vendor = await startVendor({ count: 100 });
    const { nexus, client } = liveKernel({ subjects }, vendor);
    const ctx = background();
    const calls = size === "full" ? 20 : 1;
    const refs = await someRefs({ subjects, nexus }, MACHINES);

    const sentBefore = await vendor.requestCount();
    const rounds = size === "full" ? 21 : 1;
    const warmUp = size === "full" ? 5 : 0;
    const { ratio, subjectMs, peerMs } = await ratioOf({
      rounds,
      warmUp,
      async subject() {
        for (let call = 0; call < calls; call += 1) {
          if (control) await Promise.all(refs.map((ref) => nexus.get(ctx, { kind, ref })));
          else {
            const { outcomes } = await nexus.getMany(ctx, { kind, refs });
            if (!outcomes.every(({ ok }) => ok)) throw new Error("a machine was not found");
          }
        }
      },
      async peer() {
        for (let call = 0; call < calls; call += 1) {
          await Promise.all(refs.map(({ id }) => client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))));
        }
      },
    });
    const sent = (await vendor.requestCount()) - sentBefore;
    const asked = calls * (rounds + warmUp) * (MACHINES + (control ? MACHINES : 1));
    if (sent !== asked) throw new Error(`${asked} vendor calls were due and the vendor saw ${sent}`);
    await nexus.close();
    client.destroy();
    return [
      {
        row: "speed-11",
        name: `${MACHINES} VMs by one getMany ÷ ${MACHINES} concurrent SDK calls, CPU`,
        value: ratio.median,
        unit: "x",
        goal: { atMost: 0.3 },
        n: calls * rounds,
        spread: [ratio.min, ratio.max],
        note: `${(subjectMs.median / calls).toFixed(2)} ms against ${(peerMs.median / calls).toFixed(2)} ms, 1 vendor call against ${MACHINES}`,
      },
    ];
  },
};
