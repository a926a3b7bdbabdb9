import { setImmediate as nextTurn } from "node:timers/promises";
import {
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
import type { Sessions } from "../sessions.ts";
import { MalformedAnswer } from "../xml/malformed-answer.ts";
import { accountMismatch, createAbsence } from "./absence.ts";
import { toEc2Filters } from "./filters.ts";
import { describeHealth } from "./health.ts";
import { checkRegion, malformedId } from "./instance-place.ts";
import { createPowerActions } from "./power-actions.ts";
import type { OwnedMachine } from "./virtual-machine.ts";

const OPERATION = "ec2:DescribeInstances";

/** How much of a page is handed over between two turns of the event loop: the kernel checks and freezes every item. */
const SLICE = 200;

type Seen = Observation<VirtualMachineStatus>;

/** EC2 instances as virtual machines. */
export function createVirtualMachineHandler(sessions: Sessions): KindHandler<VirtualMachineStatus> {
  const absence = createAbsence(sessions);

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

  async function describe(call: ProviderCall, { refs, view, native }: GetManyRequest & { readonly native: boolean }) {
    const { region } = call.scope;
    // As a filter, absent ids are left out; as InstanceIds, one absent id would fail the whole call.
    const input = { Filters: [{ Name: "instance-id", Values: refs.map(({ id }) => id) }] };
    const { machines, observedAt } = await sessions.run(call, {
      operation: OPERATION,
      region,
      async send(session, inner) {
        if (native) {
          const sent = await session.describeNative(inner, input);
          return { machines: sent.output, observedAt: sent.observedAt };
        }
        const sent = await session.describeInstances(inner, input);
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
    ...createPowerActions(sessions, absence),

    async get(call, { ref, view, native }) {
      const refused = malformedId(ref);
      if (refused !== undefined) throw refused;
      checkRegion(call);
      const seen = await describe(call, { refs: [ref], view, native });
      const found = seen.find((each) => each.ref.key === ref.key);
      if (found === undefined) throw (await absence.explain(call, OPERATION))(ref);
      return found;
    },

    async getMany(call, { refs, view }) {
      checkRegion(call);
      const outcomes = new Map<string, Outcome<Seen>>();
      for (const ref of refs) {
        const error = malformedId(ref);
        if (error !== undefined) outcomes.set(ref.key, { ok: false, ref, error });
      }
      const asked = refs.filter(({ key }) => !outcomes.has(key));
      if (asked.length === 0) return [...outcomes.values()];
      const seen = new Map(
        (await describe(call, { refs: asked, view, native: false })).map((state) => [state.ref.key, state]),
      );
      const absent: Ref[] = [];
      for (const ref of asked) {
        const state = seen.get(ref.key);
        if (state === undefined) absent.push(ref);
        else outcomes.set(ref.key, { ok: true, ref, state });
      }
      if (absent.length > 0) {
        const errorOf = await absence.explain(call, OPERATION);
        for (const ref of absent) outcomes.set(ref.key, { ok: false, ref, error: errorOf(ref) });
      }
      return [...outcomes.values()];
    },

    async *list(call, request): AsyncGenerator<ListBatch<VirtualMachineStatus>> {
      checkRegion(call);
      const { region } = call.scope;
      const filters = toEc2Filters(request.filter);
      const pageSize = Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, Math.floor(request.pageSize) || LARGEST_PAGE));
      let { cursor } = request;
      let isEmpty = true;
      do {
        const input = {
          MaxResults: pageSize,
          ...(filters.length > 0 && { Filters: filters }),
          ...(cursor !== undefined && { NextToken: cursor }),
        };
        const { output, observedAt } = await sessions.run(call, {
          operation: OPERATION,
          region,
          async send(session, inner) {
            const sent = await session.describeInstances(inner, input);
            if (sent.output.nextToken !== undefined && sent.output.nextToken === input.NextToken) {
              throw new MalformedAnswer("a page that leads to itself");
            }
            return sent;
          },
        });
        cursor = output.nextToken;
        isEmpty &&= output.items.length === 0;
        if (isEmpty && cursor === undefined && request.cursor === undefined) {
          // A list in which nothing is looks the same with the credentials of another account.
          const owner = await absence.accountOf(call);
          if (owner !== undefined && owner !== call.scope.account) throw accountMismatch(call, owner);
        }
        const observations = (from: number) =>
          output.items
            .slice(from, from + SLICE)
            .map((machine) => observe(call, machine, { view: "standard", observedAt }));
        let from = 0;
        for (; from + SLICE < output.items.length; from += SLICE) {
          yield { items: observations(from) };
          await nextTurn();
        }
        yield { items: observations(from), cursor: cursor ?? null };
      } while (cursor !== undefined);
    },
  };
}
