import {
  type Answer,
  type Context,
  type ResourceState,
  VirtualMachine,
  type VirtualMachineStatus,
} from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";
import type { Sandbox } from "@cloudlink/sandbox";
import { table } from "./table.ts";

/** How old the second answer may be: older than the list and the get before it ever are. */
const KEPT_MAX_AGE_MS = 30_000;

type Machine = ResourceState<VirtualMachineStatus>;

/** The main job, shown: every machine of three accounts in one list, then one of them, live, and the same from memory. */
export async function tour(
  ctx: Context,
  show: { readonly nexus: Nexus; readonly sandbox: Sandbox; print(line: string): void },
): Promise<void> {
  const { nexus, sandbox, print } = show;
  print("");
  print(
    `A sandbox AWS lives on ${sandbox.endpoint}: ${sandbox.instances.size} instances, ${sandbox.accounts.length} accounts, no credentials of yours.`,
  );

  const machines: Machine[] = [];
  let summary = "";
  for await (const page of nexus.list(ctx, { kind: VirtualMachine })) {
    machines.push(...page.items);
    const { vendorCalls, durationMs } = page.stats;
    summary = `${machines.length} machines in ${milliseconds(durationMs)} by ${vendorCalls} vendor calls, trace ${page.traceId}`;
    for (const { account, region, error } of page.problems) print(`  ${account} ${region} failed: ${error.message}`);
  }
  print("\nA list over all accounts and regions:\n");
  for (const line of table(byPlace(machines))) print(`  ${line}`);
  print(`\n  ${summary}`);

  const example = machines.find(({ value }) => value.powerState === "running") ?? machines[0];
  if (example === undefined) throw new Error("the sandbox is empty");
  const arn = nexus.nativeId(example.ref) ?? example.ref.key;
  const vm = await nexus.get(ctx, { kind: VirtualMachine, ref: arn, maxAgeMs: 0 });
  print("\nOne machine, asked about now:\n");
  print(`  ${arn}`);
  print(
    `  state      ${vm.value.powerState} (${vm.value.name ?? vm.value.id}, ${vm.value.size.name}, ${vm.value.placement.zone ?? vm.value.placement.region})`,
  );
  for (const line of costOf(vm)) print(`  ${line}`);

  const kept = await nexus.get(ctx, { kind: VirtualMachine, ref: arn, maxAgeMs: KEPT_MAX_AGE_MS });
  print("\nThe same again, where half a minute old will do:\n");
  for (const line of costOf(kept)) print(`  ${line}`);

  const { accessKeyId, secretAccessKey } = sandbox.credentialsOf(example.ref.account);
  print(`
Try next. In one terminal, a sandbox that stays (its keys are made up and open nothing else):

  npx -y pnpm@10 sandbox

In another:

  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
  export AWS_REGION=${example.ref.region} AWS_ENDPOINT_URL=http://127.0.0.1:4599
  npx -y pnpm@10 cloudlink list --where powerState=running -o wide
  npx -y pnpm@10 cloudlink get ${arn}
  npx -y pnpm@10 cloudlink list --account 111111111111 --account 222222222222 --role-arn 'arn:aws:iam::{account}:role/cloudlink-read'
  npx -y pnpm@10 --dir examples/list-running start

With your own account, leave the exports out: AWS's default credential chain is used.
`);
}

/** How fresh an answer is, and what it cost. */
function costOf({ freshness, stats, traceId }: Answer<VirtualMachineStatus>): readonly string[] {
  const { observedAt, source, ageMs } = freshness;
  const { durationMs, vendorCalls, savedCalls } = stats;
  const saved = savedCalls === 0 ? "" : `, ${savedCalls} saved`;
  return [
    `observed   ${new Date(observedAt).toISOString()}, ${source}, ${milliseconds(ageMs)} ago`,
    `took       ${milliseconds(durationMs)}, ${vendorCalls} vendor call${vendorCalls === 1 ? "" : "s"}${saved}`,
    `trace      ${traceId}`,
  ];
}

/** A row an account and region: how many machines are in which state. */
function byPlace(machines: readonly Machine[]): readonly (readonly string[])[] {
  const states = ["running", "stopped"];
  const places = Map.groupBy(machines, ({ ref }) => `${ref.account} ${ref.region}`);
  const rows = [...places]
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([place, here]) => {
      const counts = states.map((state) => here.filter(({ value }) => value.powerState === state).length);
      const others = here.length - counts.reduce((sum, count) => sum + count, 0);
      return [...place.split(" "), ...counts.map(String), String(others)];
    });
  return [["ACCOUNT", "REGION", "RUNNING", "STOPPED", "OTHER"], ...rows];
}

function milliseconds(value: number): string {
  if (value > 0 && value < 0.1) return `${(value * 1_000).toFixed(1)} µs`;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
