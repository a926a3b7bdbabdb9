import { type Row, startVendor } from "@cloudlink/measure";
import { liveKernel } from "../live-kernel.ts";
import { longestBlock, ratioOf, spreadOf } from "../measure.ts";

const MOST_VENDOR_CALLS = 20;

/** Row 12: a list of 10,000 machines. The control lists them with the SDK's own paginator and parser. */
export const list: Row = {
  row: "speed-12",
  group: "live",
  async measure({ subjects, size, control }) {
    const { background, VirtualMachine: kind } = subjects.core;
    const { paginateDescribeInstances } = subjects.sdk;
    const machines = size === "full" ? 10_000 : 1_500;
    await using vendor = await startVendor({ count: machines });
    const { nexus, client } = liveKernel({ subjects }, vendor);

    const byNexus = async () => {
      let found = 0;
      for await (const page of nexus.list(background(), { kind })) {
        found += page.items.length;
        for (const { error } of page.problems) throw error;
      }
      if (found < machines) throw new Error(`${found} of ${machines} machines were listed`);
    };
    const bySdk = async () => {
      let found = 0;
      for await (const page of paginateDescribeInstances({ client, pageSize: 1000 }, {})) {
        found += (page.Reservations ?? []).reduce((sum, { Instances }) => sum + (Instances?.length ?? 0), 0);
      }
      if (found < machines) throw new Error(`${found} of ${machines} machines were listed`);
    };
    const subject = control ? bySdk : byNexus;

    const before = await vendor.requestCount();
    await subject();
    const vendorCalls = (await vendor.requestCount()) - before;
    if (vendorCalls > MOST_VENDOR_CALLS) throw new Error(`a list took ${vendorCalls} vendor calls`);

    const rounds = size === "full" ? 5 : 1;
    const warmUp = size === "full" ? 2 : 0;
    const { ratio, subjectMs, peerMs } = await ratioOf({ rounds, warmUp, subject, peer: bySdk });
    const blocks = [];
    for (let run = 0; run < rounds; run += 1) blocks.push(await longestBlock(subject));
    const block = spreadOf(blocks.map(({ cpuMs }) => cpuMs));
    const wall = spreadOf(blocks.map(({ wallMs }) => wallMs));
    await nexus.close();
    client.destroy();
    return [
      {
        row: "speed-12",
        name: `longest event-loop block, list of ${machines} VMs in ${vendorCalls} vendor calls`,
        value: block.median,
        unit: "ms",
        goal: { atMost: 10 },
        n: rounds,
        spread: [block.min, block.max],
        note: `CPU of the loop's thread; by the clock ${wall.median.toFixed(1)} ms [${wall.min.toFixed(1)} – ${wall.max.toFixed(1)}]`,
      },
      {
        row: "speed-12",
        name: `the same list ÷ the SDK's own paginator, total CPU`,
        value: ratio.median,
        unit: "x",
        goal: { atMost: 0.3 },
        n: rounds,
        spread: [ratio.min, ratio.max],
        note: `${subjectMs.median.toFixed(0)} ms against ${peerMs.median.toFixed(0)} ms`,
      },
    ];
  },
};
