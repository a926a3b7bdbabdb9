import { CloudLinkError, type Observation, type ProviderCall, type VirtualMachineStatus } from "@cloudlink/core";
import type { Sessions } from "../sessions.ts";
import { toHealth } from "./virtual-machine.ts";

type Seen = Observation<VirtualMachineStatus>;

/** The most ids of one DescribeInstanceStatus (EC2 API reference). */
const MOST_IDS = 100;

/** Adds the health checks, which EC2 tells in a call of its own. The older of both requests is when it was observed. */
export async function describeHealth(
  sessions: Sessions,
  { call, seen }: { readonly call: ProviderCall; readonly seen: readonly Seen[] },
): Promise<readonly Seen[]> {
  const chunks = Array.from({ length: Math.ceil(seen.length / MOST_IDS) }, (_, index) =>
    seen.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  );
  const answered = await Promise.all(chunks.map((chunk) => healthOf(sessions, { call, seen: chunk })));
  return answered.flat();
}

async function healthOf(
  sessions: Sessions,
  { call, seen }: { readonly call: ProviderCall; readonly seen: readonly Seen[] },
): Promise<readonly Seen[]> {
  const statuses = await sessions
    .run(call, {
      operation: "ec2:DescribeInstanceStatus",
      region: call.scope.region,
      send: (session) =>
        session.describeStatus(
          call,
          seen.map(({ value }) => value.id),
        ),
    })
    .catch((error: unknown) => {
      // An instance that went away between the two requests: nothing is known of any one's health then.
      if (CloudLinkError.isInstance(error) && error.code === "not_found") return [];
      throw error;
    });
  const byId = new Map(statuses.map((status) => [status.InstanceId, status]));
  return seen.map((each) => ({
    ...each,
    view: "health",
    value: { ...each.value, health: toHealth(byId.get(each.value.id)) },
  }));
}
