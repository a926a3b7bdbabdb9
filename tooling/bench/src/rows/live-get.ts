import { type Row, startVendor } from "@cloudlink/measure";
import { liveKernel, someRefs } from "../live-kernel.ts";
import { ratioOf } from "../measure.ts";

/** Row 10: a live get, over the bare SDK call that asks the same. The control makes a client per call, as a careless wrapper does. */
export const liveGet: Row = {
  row: "speed-10",
  group: "live",
  async measure({ subjects, size, control }) {
    const { background, VirtualMachine: kind } = subjects.core;
    const { DescribeInstancesCommand } = subjects.sdk;
    await using vendor = await startVendor({ count: 100 });
    const { nexus, client, newClient } = liveKernel({ subjects }, vendor);
    const ctx = background();
    const calls = size === "full" ? 200 : 5;
    const [ref] = await someRefs({ subjects, nexus }, 1);
    if (ref === undefined) throw new Error("no instance");
    const ask = (by: typeof client) => by.send(new DescribeInstancesCommand({ InstanceIds: [ref.id] }));

    const sentBefore = await vendor.requestCount();
    const rounds = size === "full" ? 21 : 1;
    const warmUp = size === "full" ? 5 : 0;
    const { ratio, subjectMs, peerMs } = await ratioOf({
      rounds,
      warmUp,
      async subject() {
        for (let call = 0; call < calls; call += 1) {
          if (control) {
            const throwAway = newClient();
            await ask(throwAway);
            throwAway.destroy();
          } else await nexus.get(ctx, { kind, ref });
        }
      },
      async peer() {
        for (let call = 0; call < calls; call += 1) await ask(client);
      },
    });
    const sent = (await vendor.requestCount()) - sentBefore;
    const asked = 2 * calls * (rounds + warmUp);
    if (sent !== asked) throw new Error(`${asked} calls were made and the vendor saw ${sent}`);
    await nexus.close();
    client.destroy();
    return [
      {
        row: "speed-10",
        name: "live nexus.get ÷ the bare SDK call, CPU",
        value: ratio.median,
        unit: "x",
        goal: { atMost: 1.1 },
        n: calls * rounds,
        spread: [ratio.min, ratio.max],
        note: `${(subjectMs.median / calls).toFixed(3)} ms against ${(peerMs.median / calls).toFixed(3)} ms a call`,
      },
    ];
  },
};
