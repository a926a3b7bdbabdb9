import type { Cache } from "@cloudlink/core";
import { REGION, type Subjects, type Vendor } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";
import { impatientClock } from "../../impatient-clock.ts";

/** What the calls of the drill are about, as it was when the answers were recorded. */
export interface Known {
  readonly refs: readonly string[];
  /** Of a stop that was accepted. */
  readonly token: string;
}

/** The key that tokens are made with: a token of one kernel is followed in the next. */
const tokenKey = new Uint8Array(32).fill(7);

export function drillKernel(
  { core, nexus, aws }: Subjects,
  { endpoint, vendor, cache }: { readonly endpoint: string; readonly vendor: Vendor; readonly cache?: Cache },
): Nexus {
  return nexus.createNexus({
    providers: [aws.aws({ endpoint })],
    accounts: vendor.accounts.map(({ id }) => ({
      ...{ provider: "aws", partition: "aws", account: id, regions: [REGION], listRegions: [REGION], role: "drill" },
    })),
    credentials: core.staticCredentials(({ account }) => {
      const key = vendor.accounts.find(({ id }) => id === account)?.accessKeys[0];
      return key === undefined ? undefined : { ...key };
    }),
    tokenKey,
    // This vendor has none, and is asked thousands of times.
    limits: { of: () => "none" as const },
    ...(cache !== undefined && { cache }),
  });
}

/** Some calls of every sort, answered as they are in life: by successes, by an absence and by each kind of refusal. */
export async function makeCalls(
  { core }: Subjects,
  { nexus, vendor, account }: { readonly nexus: Nexus; readonly vendor: Vendor; readonly account: string },
): Promise<Known> {
  const { background, VirtualMachine: kind } = core;
  const ctx = background({ clock: impatientClock(core) });
  const page = await firstOf(nexus.list(ctx, { kind, accounts: [account], pageSize: 12 }));
  const refs = page.items.map(({ ref }) => ref.key);
  const inState = (state: string) => {
    const found = page.items.find(({ value }) => value.powerState === state);
    if (found === undefined) throw new Error(`no instance is ${state}: choose another seed of the sandbox`);
    return found.ref;
  };
  const [running, stopped] = [inState("running"), inState("stopped")];
  await nexus.getMany(ctx, { kind, refs, view: "health" });
  await nexus.get(ctx, { kind, ref: running, native: true });
  await nexus.act(ctx, { kind, ref: running, action: "reboot" });
  await nexus.act(ctx, { kind, ref: stopped, action: "start" });
  const { token } = await nexus.act(ctx, { kind, ref: running, action: "stop" });

  const refused = async (call: Promise<unknown>) => {
    const isRefused = await call.then(
      () => false,
      () => true,
    );
    if (!isRefused) throw new Error("a call that has to be refused was not");
  };
  await refused(nexus.act(ctx, { kind, ref: running, action: "reboot" }));
  const absent = running.key.replace(/i-\w+$/, "i-0fffffffffffffff0");
  await refused(nexus.get(ctx, { kind, ref: absent }));
  await refused(nexus.act(ctx, { kind, ref: absent, action: "stop" }));
  for (const fault of [{ kind: "throttle" }, { kind: "serverError" }]) {
    await vendor.control("POST", "faults", { fault });
    await refused(nexus.get(ctx, { kind, ref: running }));
    await vendor.control("DELETE", "faults");
  }
  return { refs, token };
}

async function firstOf<Value>(values: AsyncIterable<Value>): Promise<Value> {
  for await (const value of values) return value;
  throw new Error("there was nothing");
}
