import {
  CloudLinkError,
  createRef,
  type GetManyRequest,
  type KindHandler,
  type ListBatch,
  type Observation,
  type Outcome,
  type ProviderCall,
  type Ref,
  VirtualMachine,
  type VirtualMachineStatus,
} from "@cloudlink/core";
import { LARGEST_PAGE, SMALLEST_PAGE } from "../metadata.ts";
import { partitionOfRegion } from "../partition.ts";
import type { Sessions } from "../sessions.ts";
import { toEc2Filters } from "./filters.ts";
import { describeHealth } from "./health.ts";
import type { OwnedMachine } from "./virtual-machine.ts";

const OPERATION = "ec2:DescribeInstances";

/** "i-" and 8 or, since 2016, 17 hexadecimal digits (EC2 user guide, "Resource IDs"). */
const idForm = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

type Seen = Observation<VirtualMachineStatus>;

/** EC2 instances as virtual machines. */
export function createVirtualMachineHandler(sessions: Sessions): KindHandler<VirtualMachineStatus> {
  /** The observation of a machine, provided that it is the account's the call was made for. */
  function observe(
    call: ProviderCall,
    machine: OwnedMachine,
    seen: { readonly view: string; readonly observedAt: number },
  ): Seen {
    const { partition, account, region } = call.scope;
    if (machine.owner !== account) throw accountMismatch(call, machine.owner);
    const ref = createRef({
      provider: "aws",
      partition,
      account,
      region,
      kind: VirtualMachine.name,
      id: machine.status.id,
    });
    return { ref, value: machine.status, ...seen };
  }

  /**
   * The error for an instance that EC2 does not show. It leaves out what another account owns without a word, so absence is believed only
   * of credentials that belong to the account; whose they are is asked once a lease, and only when something is absent.
   */
  async function absent(call: ProviderCall, ref: Ref): Promise<CloudLinkError> {
    const { account, region } = call.scope;
    const identity = await sessions.identity(call, region).catch(() => undefined);
    if (identity !== undefined && identity.account !== account) return accountMismatch(call, identity.account);
    return new CloudLinkError({
      reason: "ErrResourceNotFound",
      message: `There is no instance ${ref.id} in account ${account}, ${region}. One that was launched a moment ago may take seconds to appear.`,
      origin: "vendor",
      provider: "aws",
      operation: OPERATION,
      ref: ref.key,
    });
  }

  async function describe(call: ProviderCall, { refs, view, native }: GetManyRequest & { readonly native: boolean }) {
    const { region } = call.scope;
    // As a filter, absent ids are left out; as InstanceIds, one absent id would fail the whole call.
    const input = { Filters: [{ Name: "instance-id", Values: refs.map(({ id }) => id) }] };
    const { machines, observedAt } = await sessions.run(call, {
      operation: OPERATION,
      region,
      async send(session) {
        if (native) {
          const sent = await session.describeNative(call, input);
          return { machines: sent.output, observedAt: sent.observedAt };
        }
        const sent = await session.describeInstances(call, input);
        return { machines: sent.output.items, observedAt: sent.observedAt };
      },
    });
    const seen = machines.map((machine) => ({
      ...observe(call, machine, { view: "standard", observedAt }),
      ...("native" in machine && { native: machine.native }),
    }));
    return view === "health" ? await describeHealth(sessions, { call, seen }) : seen;
  }

  return {
    kind: VirtualMachine,

    async get(call, { ref, view, native }) {
      const refused = malformedId(ref);
      if (refused !== undefined) throw refused;
      checkRegion(call);
      const [seen] = await describe(call, { refs: [ref], view, native });
      if (seen === undefined) throw await absent(call, ref);
      return seen;
    },

    async getMany(call, { refs, view }) {
      checkRegion(call);
      const outcomes = new Map<string, Outcome<Seen>>();
      for (const ref of refs) {
        const error = malformedId(ref);
        if (error !== undefined) outcomes.set(ref.key, { ok: false, ref, error });
      }
      const asked = refs.filter(({ key }) => !outcomes.has(key));
      const seen = asked.length === 0 ? [] : await describe(call, { refs: asked, view, native: false });
      for (const state of seen) outcomes.set(state.ref.key, { ok: true, ref: state.ref, state });
      for (const ref of asked) {
        if (!outcomes.has(ref.key)) outcomes.set(ref.key, { ok: false, ref, error: await absent(call, ref) });
      }
      return [...outcomes.values()];
    },

    async *list(call, request): AsyncGenerator<ListBatch<VirtualMachineStatus>> {
      checkRegion(call);
      const { region } = call.scope;
      const filters = toEc2Filters(request.filter);
      const pageSize = Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, request.pageSize));
      let cursor = request.cursor;
      do {
        const input = {
          MaxResults: pageSize,
          ...(filters.length > 0 && { Filters: filters }),
          ...(cursor !== undefined && { NextToken: cursor }),
        };
        const { output, observedAt } = await sessions.run(call, {
          operation: OPERATION,
          region,
          send: (session) => session.describeInstances(call, input),
        });
        cursor = output.nextToken;
        const items = output.items.map((machine) => observe(call, machine, { view: "standard", observedAt }));
        yield { items, cursor: cursor ?? null };
      } while (cursor !== undefined);
    },
  };
}

function malformedId(ref: Ref): CloudLinkError | undefined {
  if (idForm.test(ref.id)) return undefined;
  return new CloudLinkError({
    reason: "ErrInvalidResourceId",
    message: `"${ref.id.slice(0, 40)}" is no id of an EC2 instance. It is "i-" and 17 hexadecimal digits, or 8 for old ones.`,
    origin: "caller",
    provider: "aws",
    ref: ref.key,
  });
}

/** Before a request leaves for a host that does not exist. */
function checkRegion({ scope }: ProviderCall): void {
  const partition = partitionOfRegion(scope.region);
  if (partition === scope.partition) return;
  throw new CloudLinkError({
    reason: "ErrUnknownRegion",
    message:
      partition === undefined
        ? `"${scope.region}" is no region of AWS. Write it as AWS does: eu-west-1.`
        : `The region "${scope.region}" is in the partition "${partition}", not in "${scope.partition}".`,
    origin: "caller",
    provider: "aws",
  });
}

function accountMismatch({ scope }: ProviderCall, actual: string): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrAccountMismatch",
    message: `The credentials belong to account ${actual}, and account ${scope.account} was asked about. Use a profile or a role of ${scope.account}.`,
    origin: "credentials",
    provider: "aws",
  });
}
