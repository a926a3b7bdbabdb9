import { type ActionState, background, CloudLinkError, type KindHandler, type ProviderCall } from "@cloudlink/core";
import { handler, type Mutant, provider, withHandler } from "./mutant.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";
import { mismatch } from "./refusals.test-support.ts";

type Act = Required<KindHandler>["act"];
type Request = Parameters<Act>[1];

/** An `act` whose errors are others. */
function refusing(change: (error: CloudLinkError, request: Request) => CloudLinkError | ActionState) {
  return handler(({ act }) => ({
    act: (call, request) =>
      act(call, request).catch((error: CloudLinkError) => {
        const changed = change(error, request);
        if (CloudLinkError.isInstance(changed)) throw changed;
        return changed;
      }),
  }));
}

/** Whether the vendor's side broke: what it did is not known then. */
function isBroken({ code }: CloudLinkError): boolean {
  return code === "unavailable" || code === "internal";
}

function withoutEffect(error: CloudLinkError): CloudLinkError {
  const { effect: _effect, ...rest } = error.toJSON();
  return new CloudLinkError(rest);
}

/** Providers that break actions. */
export const actionMutants: readonly Mutant[] = [
  {
    does: "carries every action out twice",
    breaks: "act.once",
    make: handler(({ act }) => ({
      async act(call, request) {
        if (!request.dryRun) await act(call, request);
        return await act(call, request);
      },
    })),
  },
  {
    does: "looks whether the resource is there before it acts",
    breaks: "act.one-request",
    make: handler(({ act, get }) => ({
      async act(call, request) {
        await get(call, { ref: request.ref, view: "standard", native: false });
        return await act(call, request);
      },
    })),
  },
  {
    does: "does not say how long to wait",
    breaks: "act.state",
    make: handler(({ act }) => ({
      act: async (call, request) => ({ ...(await act(call, request)), pollAfterMs: Number.NaN }) as ActionState,
    })),
  },
  {
    does: "knows what goes on in the process that began it alone",
    breaks: "act.follow",
    make: handler(({ act, follow }) => {
      const known = new Set<string>();
      return {
        act(call, request) {
          known.add(request.ref.key);
          return act(call, request);
        },
        follow(call, request) {
          if (known.has(request.ref.key)) return follow(call, request);
          throw new CloudLinkError({ reason: "ErrInvalidOperationToken", message: "Unknown.", origin: "caller" });
        },
      };
    }),
  },
  {
    does: "acts on the resource that it was asked about last",
    breaks: "act.each-its-own",
    make: handler(({ act }) => {
      let last: Request;
      return {
        async act(call, request) {
          last = request;
          await Promise.resolve();
          return await act(call, { ...last, dryRun: request.dryRun });
        },
      };
    }),
  },
  {
    does: "refuses to do again what is done",
    breaks: "act.repeat",
    make: handler(({ act }) => {
      const done = new Set<string>();
      return {
        async act(call, request) {
          if (done.has(request.ref.key)) {
            throw new CloudLinkError({
              reason: "ErrInvalidState",
              message: "It is done.",
              origin: "vendor",
              effect: "none",
            });
          }
          const state = await act(call, request);
          done.add(request.ref.key);
          return state;
        },
      };
    }),
  },
  {
    does: "reports an action by another name than it declares",
    breaks: "act.declared-operations",
    make: handler(({ act }) => ({
      act(call, request) {
        const report = { ...call.report, vendorRequest: () => call.report.vendorRequest({ operation: "act" }) };
        return act({ ...call, report }, request);
      },
    })),
  },
  {
    does: "carries a trial out",
    breaks: "act.dry-run",
    make: handler(({ act }) => ({
      async act(call, request) {
        await act(call, { ...request, dryRun: false });
        return request.dryRun ? { state: "allowed" } : { state: "done" };
      },
    })),
  },
  {
    does: "takes a trial that is refused for one that is allowed",
    breaks: "act.dry-run-denied",
    make: refusing((error, { dryRun }) =>
      dryRun && error.code === "permission_denied" ? { state: "allowed" } : error,
    ),
  },
  {
    does: "says that it is not known what a refusal did",
    breaks: "act.denied",
    make: refusing((error) => (error.code === "permission_denied" ? error.with({ effect: "unknown" }) : error)),
  },
  {
    does: "says that it is not known what a throttle did",
    breaks: "act.throttle",
    make: refusing((error) => (error.code === "resource_exhausted" ? error.with({ effect: "unknown" }) : error)),
  },
  {
    does: "takes a wrong state for a quarrel between two calls",
    breaks: "act.wrong-state",
    make: refusing((error) =>
      error.reason === "ErrInvalidState"
        ? new CloudLinkError({
            code: "aborted",
            reason: "memory.Conflict",
            message: "409",
            origin: "vendor",
            effect: "none",
          })
        : error,
    ),
  },
  {
    does: "takes what is not there for done",
    breaks: "act.absent",
    make: refusing((error) => (error.code === "not_found" ? { state: "done" } : error)),
  },
  {
    does: "asks the vendor whether a malformed id is one",
    breaks: "act.malformed",
    make: handler(({ act }) => ({
      act(call, request) {
        call.report.vendorRequest({ operation: "LockBucket" });
        return act(call, request);
      },
    })),
  },
  {
    does: "takes another account's credentials for absence",
    breaks: "act.wrong-lease",
    make: refusing((error) =>
      error.reason === "ErrAccountMismatch"
        ? new CloudLinkError({ reason: "ErrResourceNotFound", message: "Gone.", origin: "vendor", effect: "none" })
        : error,
    ),
  },
  {
    does: "acts with whatever credentials it is given, and then finds out that they are another account's",
    breaks: "act.other-account",
    make: handler(({ act }) => ({
      async act(call, request) {
        const { scope } = call.lease;
        const state = await act({ ...call, scope }, request);
        if (scope.account !== call.scope.account) throw mismatch().with({ effect: "none" });
        return state;
      },
    })),
  },
  {
    does: "allows another account's credentials a trial",
    breaks: "act.other-account",
    make: refusing((error, { dryRun }) =>
      dryRun && error.reason === "ErrAccountMismatch" ? { state: "allowed" } : error,
    ),
  },
  {
    does: "asks whose the credentials are before every action",
    breaks: "act.one-request",
    make: (vendor) => {
      const sound = createReferenceProvider(vendor);
      return withHandler(sound, ({ act }) => ({
        act: (call, request) => act({ ...call, lease: { ...call.lease } }, request),
      }));
    },
  },
  {
    does: "does not report that it asks whose the credentials are",
    breaks: "act.one-request",
    make: handler(({ act }) => ({
      act(call, request) {
        const vendorRequest = (sent: { readonly operation: string }) => {
          if (sent.operation !== "Whoami") call.report.vendorRequest(sent);
        };
        return act({ ...call, report: { ...call.report, vendorRequest } }, request);
      },
    })),
  },
  {
    does: "looks in another way than it declares for following",
    breaks: "act.declared-operations",
    make: handler(({ get, follow }) => ({
      async follow(call, request) {
        await get(call, { ref: request.ref, view: "usage", native: false });
        return await follow(call, request);
      },
    })),
  },
  {
    does: "takes any token",
    breaks: "act.forged-token",
    make: handler(({ follow }) => ({ follow: (call, request) => follow(call, { ...request, token: "locking" }) })),
  },
  {
    does: "says that a fault of the vendor's did nothing",
    breaks: "act.server-error",
    make: refusing((error) => (error.code === "unavailable" ? error.with({ effect: "none" }) : error)),
  },
  {
    does: "says that nothing was done when the answer is lost",
    breaks: "act.answer-lost",
    make: refusing((error) => (error.rawMessage.includes("(0)") ? error.with({ effect: "none" }) : error)),
  },
  {
    does: "says that nothing was done when the answer breaks off",
    breaks: "act.cut",
    make: refusing((error) => (isBroken(error) ? error.with({ effect: "none" }) : error)),
  },
  {
    does: "says that nothing was done when it cannot read the answer",
    breaks: "act.broken-body",
    make: refusing((error) => (error.code === "internal" ? error.with({ effect: "none" }) : error)),
  },
  {
    does: "says that it was done when the connection broke before an answer",
    breaks: "act.cut-before",
    make: refusing((error) => (error.code === "unavailable" ? error.with({ effect: "done" }) : error)),
  },
  {
    does: "says that it is not known what a call did that was over before it began",
    breaks: "act.canceled-before",
    make: refusing((error) => (error.code === "canceled" ? error.with({ effect: "unknown" }) : error)),
  },
  {
    does: "says that nothing was done because its caller left",
    breaks: "act.canceled-during",
    make: refusing((error) => (error.code === "canceled" ? error.with({ effect: "none" }) : error)),
  },
  {
    does: "says that nothing was done because its time was over",
    breaks: "act.deadline-during",
    make: refusing((error) => (error.code === "deadline_exceeded" ? error.with({ effect: "none" }) : error)),
  },
  {
    does: "tries an action again by itself",
    breaks: "act.no-retry",
    make: handler(({ act }) => ({
      act: (call, request) =>
        act(call, request).catch((error: CloudLinkError) => {
          if (error.code !== "unavailable") throw error;
          return act(call, request);
        }),
    })),
  },
  {
    does: "says nothing of the effect where the credentials are at fault",
    breaks: "act.effects",
    make: refusing((error) => (error.code === "unauthenticated" ? withoutEffect(error) : error)),
  },
  {
    does: "says that nothing was done when a look fails",
    breaks: "act.follow-failure",
    make: handler(({ follow }) => ({
      follow: (call, request) =>
        follow(call, request).catch((error: CloudLinkError) => {
          throw error.with({ effect: "none" });
        }),
    })),
  },
  {
    does: "hands the key on in its tokens",
    breaks: "act.secrets",
    make: handler(({ act }) => ({
      async act(call, request) {
        const state = await act(call, request);
        return state.state === "running" ? { ...state, token: btoa(`${state.token} ${keyOf(call)}`) } : state;
      },
    })),
  },
  {
    does: "does not hear of a call's end while it acts",
    breaks: "act.canceled-during",
    make: handler(({ act }) => ({
      act(call, request) {
        call.ctx.throwIfDone();
        return act({ ...call, ctx: background({ clock: call.ctx.clock }) }, request);
      },
    })),
  },
  {
    does: "declares that an action is followed without what it sends for that",
    breaks: "metadata.actions",
    make: provider(({ metadata }) => ({
      metadata: {
        ...metadata,
        kinds: metadata.kinds.map((kind) => ({
          ...kind,
          actions: { ...kind.actions, lock: { operations: ["LockBucket"], dryRun: true, follow: { operations: [] } } },
        })),
      },
    })),
  },
  {
    does: "declares an action without what it sends for it",
    breaks: "metadata.actions",
    make: provider(({ metadata }) => ({
      metadata: {
        ...metadata,
        kinds: metadata.kinds.map((kind) => ({
          ...kind,
          actions: { ...kind.actions, lock: { operations: [], dryRun: true } },
        })),
      },
    })),
  },
];

function keyOf({ lease }: ProviderCall): string {
  return lease.kind === "keys" ? (lease.keys.reveal().key ?? "") : "";
}
