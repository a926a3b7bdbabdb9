import {
  type ActionEffect,
  type ActionRequest,
  type ActionState,
  CloudLinkError,
  type FollowRequest,
  type KindHandler,
  type ProviderCall,
  type Ref,
} from "@cloudlink/core";
import { effectOf } from "../effect.ts";
import { type Sending, unsent } from "../sending.ts";
import type { Sessions } from "../sessions.ts";
import { type Absence, accountMismatch } from "./absence.ts";
import { type ActionTicket, foreignToken, readActionToken, writeActionToken } from "./action-token.ts";
import { checkRegion, malformedId } from "./instance-place.ts";
import {
  type Failure,
  type FollowedAction,
  isAtTarget,
  isPowerAction,
  type PowerAction,
  pollAfterMs,
  powerOperations,
  progressOf,
} from "./power-action.ts";
import { type OwnedMachine, powerStateOf } from "./virtual-machine.ts";

/** Start, stop and reboot of an instance, and how they go on. Every error says by `effect` what is known of the action. */
export function createPowerActions(
  sessions: Sessions,
  absence: Absence,
): Required<Pick<KindHandler, "act" | "follow">> {
  async function carryOut(call: ProviderCall, { ref, dryRun, ...request }: ActionRequest, sending: Sending) {
    const action = powerActionOf({ ref, ...request });
    checkPlace(call, ref);
    const operation = powerOperations[action];
    // A trial too: it would be allowed, or refused, to somebody else.
    await absence.checkAccount(call, operation);
    // Before it is sent: EC2's own instant of it, which what is seen later is told by, is no earlier.
    const acceptedAt = call.ctx.clock.nowMs();
    const answer = await sessions
      .run(call, {
        operation,
        region: call.scope.region,
        send: (session, inner) => session.act(inner, { action, id: ref.id, dryRun, sending }),
      })
      .catch(async (error: unknown) => {
        if (dryRun && vendorCodeOf(error) === "DryRunOperation") return "allowed" as const;
        if (CloudLinkError.isInstance(error) && error.reason === "ErrResourceNotFound") {
          throw (await absence.explain(call, operation))(ref);
        }
        throw error;
      });
    if (answer === "allowed") return { state: "allowed" } as const;
    if (dryRun) throw carriedOut(operation);
    if (action === "reboot" || isAtTarget(action, powerStateOf(answer))) return { state: "done" } as const;
    return running({ acceptedAt }, call.ctx.clock.nowMs() - acceptedAt);
  }

  /** The instance as EC2 shows it now, and when it was asked. */
  async function look(call: ProviderCall, ref: Ref) {
    const { account, region } = call.scope;
    const { output, observedAt } = await sessions.run(call, {
      operation: "ec2:DescribeInstances",
      region,
      send: (session, inner) =>
        session.describeInstances(inner, { Filters: [{ Name: "instance-id", Values: [ref.id] }] }),
    });
    const machine = output.items.find(({ status }) => status.id === ref.id);
    if (machine !== undefined && machine.owner !== account) throw accountMismatch(call, machine.owner);
    return { machine, observedAt };
  }

  async function goOn(
    call: ProviderCall,
    { ref, action, ticket }: { ref: Ref; action: FollowedAction; ticket: ActionTicket },
  ): Promise<ActionState> {
    checkPlace(call, ref);
    const { machine, observedAt } = await look(call, ref);
    // It may have been accepted by another process, whose clock is ahead of this one's.
    const ageMs = Math.max(0, observedAt - ticket.acceptedAt);
    const progress = progressOf(action, { machine, ticket, ageMs });
    if (progress.state === "done") return { state: "done" };
    if (progress.state === "running") return running({ ...ticket, launchedAt: progress.launchedAt }, ageMs);
    if (machine === undefined) {
      const owner = await absence.accountOf(call);
      if (owner !== undefined && owner !== call.scope.account) throw accountMismatch(call, owner);
    }
    throw failed(call, { ref, action, machine, progress });
  }

  return {
    async act(call, request) {
      const sending = unsent();
      try {
        return await carryOut(call, request, sending);
      } catch (error) {
        // A trial does nothing, whatever becomes of its answer, unless it is answered as no trial is.
        const isTrial = request.dryRun && (sending.status ?? 500) >= 300;
        throw withEffect(error, (known) => (isTrial ? "none" : effectOf(sending, known)));
      }
    },
    async follow(call, request) {
      const { ref, token } = request;
      const action = powerActionOf(request);
      const ticket = readActionToken(token);
      // No reboot has a token.
      if (action === "reboot") throw foreignToken();
      try {
        return await goOn(call, { ref, action, ticket });
      } catch (error) {
        // There is a token, so it was accepted.
        throw withEffect(error, () => "done");
      }
    },
  };
}

function running(ticket: ActionTicket, ageMs: number): ActionState {
  return { state: "running", token: writeActionToken(ticket), pollAfterMs: pollAfterMs(ageMs) };
}

/** @throws `unimplemented` for an action that is not declared; the kernel does not ask for one. */
function powerActionOf({ ref, action }: Pick<FollowRequest, "ref" | "action">): PowerAction {
  if (isPowerAction(action)) return action;
  throw new CloudLinkError({
    reason: "ErrUnimplemented",
    message: `An EC2 instance has no action ${JSON.stringify(action.slice(0, 40))}. It has ${Object.keys(powerOperations).join(", ")}.`,
    origin: "caller",
    provider: "aws",
    ref: ref.key,
    effect: "none",
  });
}

function checkPlace(call: ProviderCall, ref: Ref): void {
  const refused = malformedId(ref);
  if (refused !== undefined) throw refused;
  checkRegion(call);
}

/** The error with what is known of the action, unless it says so itself. */
function withEffect(error: unknown, effectOfError: (error: CloudLinkError) => ActionEffect): unknown {
  if (!CloudLinkError.isInstance(error) || error.effect !== undefined) return error;
  return error.with({ effect: effectOfError(error) });
}

function vendorCodeOf(error: unknown): string | undefined {
  return CloudLinkError.isInstance(error) ? error.details?.vendorCode : undefined;
}

function carriedOut(operation: string): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrMalformedResponse",
    message: `What answered took the trial of ${operation} for the action itself, which AWS does not do. Check the endpoint.`,
    origin: "vendor",
    provider: "aws",
    operation,
  });
}

function failed(
  { scope: { account, region } }: ProviderCall,
  what: {
    readonly ref: Ref;
    readonly action: FollowedAction;
    readonly machine: OwnedMachine | undefined;
    readonly progress: Failure;
  },
): CloudLinkError {
  const { ref, action, machine, progress } = what;
  const operation = powerOperations[action];
  return new CloudLinkError({
    reason: "ErrActionFailed",
    message: `AWS accepted ${operation} for ${ref.id}, but ${progress.words}. Read the instance to see how it stands.`,
    origin: "vendor",
    provider: "aws",
    operation,
    ref: ref.key,
    // What EC2 gave up of its own accord it has not done: the machine is as it was, and can be started again.
    effect: progress.state === "given up" ? "none" : "done",
    details: {
      account,
      region,
      ...(machine !== undefined && { state: machine.status.rawState }),
      ...(machine?.stateReasonCode !== undefined && { vendorCode: machine.stateReasonCode }),
    },
  });
}
