import { type CancelableContext, CloudLinkError, type Lease, type ProviderCall, untilDone } from "@cloudlink/core";
import { actorOf } from "./ambient.ts";
import type { AwsSession, AwsTransport, CallerIdentity } from "./aws-sdk.ts";
import { toCloudLinkError } from "./errors.ts";
import type { AwsSettings } from "./settings.ts";

/** The sessions of a provider: clients are dear to make, so there is one a lease and region, for as long as the lease is kept. */
export interface Sessions {
  /**
   * Runs a request to AWS. It ends with the call's context, whatever it is waiting for by then, and what the SDK throws comes back as
   * one of CloudLink's errors.
   */
  run<Output>(call: ProviderCall, request: SessionRequest<Output>): Promise<Output>;
  /** Whose the call's credentials are; asked of AWS once a lease. */
  identity(call: ProviderCall, region: string): Promise<CallerIdentity>;
  /** The region that environment, profile or the instance this runs on name, if any; looked up once a lease. */
  usualRegion(call: ProviderCall): Promise<string | undefined>;
  /** Cancels what runs, and ends every connection. */
  close(): void;
}

/** What is asked of AWS in one region. */
export interface SessionRequest<Output> {
  /** Such as `ec2:DescribeInstances`, for an error. */
  readonly operation: string;
  readonly region: string;
  /** Makes the request, under the call that it is handed. */
  send(session: AwsSession, call: ProviderCall): Promise<Output>;
}

interface LeaseSessions {
  readonly byRegion: Map<string, AwsSession>;
  identity?: Promise<CallerIdentity>;
  usualRegion?: Promise<string | undefined>;
}

export function createSessions(settings: AwsSettings): Sessions {
  let transport: Promise<AwsTransport> | undefined;
  // Keyed by the lease itself: when the kernel lets go of a lease, its clients and their keys go with it.
  let byLease = new WeakMap<Lease, LeaseSessions>();
  const running = new Set<CancelableContext>();
  let isClosed = false;

  async function loadTransport(): Promise<AwsTransport> {
    transport ??= import("./aws-sdk.ts").then(({ createTransport }) => createTransport(settings));
    return await transport;
  }

  function of(lease: Lease): LeaseSessions {
    const known = byLease.get(lease);
    if (known !== undefined) return known;
    const made: LeaseSessions = { byRegion: new Map() };
    byLease.set(lease, made);
    return made;
  }

  async function sessionOf(lease: Lease, region: string): Promise<AwsSession> {
    const loaded = await loadTransport();
    const { byRegion } = of(lease);
    const session = byRegion.get(region) ?? loaded.session(lease, region);
    byRegion.set(region, session);
    return session;
  }

  /** Runs a task under a context that ends with the call's, with the provider, and with the task. */
  async function underCall<Output>(
    outer: ProviderCall,
    task: (call: ProviderCall) => Promise<Output>,
  ): Promise<Output> {
    if (isClosed) throw closed();
    outer.ctx.throwIfDone();
    using ctx = outer.ctx.withCancel();
    running.add(ctx);
    try {
      // Reading a profile, or a command that it names, notices no signal.
      return await untilDone(ctx, task({ ...outer, ctx }));
    } catch (error) {
      throw outer.ctx.error() ?? (isClosed ? closed() : error);
    } finally {
      running.delete(ctx);
    }
  }

  const run: Sessions["run"] = async (outer, { operation, region, send }) =>
    await underCall(outer, async (call) => {
      let session: AwsSession | undefined;
      try {
        session = await sessionOf(call.lease, region);
        return await send(session, call);
      } catch (error) {
        const { scope, lease } = call;
        const secrets = session?.secrets() ?? [];
        throw toCloudLinkError(error, { operation, scope, region, actor: actorOf(lease, settings), secrets });
      }
    });

  return {
    run,
    async identity(call, region) {
      const sessions = of(call.lease);
      const askedByAnother = sessions.identity;
      if (askedByAnother !== undefined) {
        // That call may have been canceled, or have had less time: its failure is not this one's.
        const answered = await underCall(call, () => askedByAnother).catch(() => undefined);
        if (answered !== undefined) return answered;
        call.ctx.throwIfDone();
      }
      const asked = run(call, {
        operation: "sts:GetCallerIdentity",
        region,
        send: (session, inner) => session.identify(inner),
      });
      sessions.identity = asked;
      try {
        return await asked;
      } catch (error) {
        if (sessions.identity === asked) delete sessions.identity;
        throw error;
      }
    },
    async usualRegion(call) {
      const sessions = of(call.lease);
      return await underCall(call, async () => {
        sessions.usualRegion ??= loadTransport().then((loaded) => loaded.usualRegion(call.lease));
        return await sessions.usualRegion;
      });
    },
    close() {
      isClosed = true;
      byLease = new WeakMap();
      for (const ctx of running) ctx.cancel();
      transport?.then((loaded) => loaded.close()).catch(() => {});
    },
  };
}

function closed(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrCanceled",
    message: "The AWS provider is closed. Make another one, or keep this one open until the last call is over.",
    origin: "caller",
    provider: "aws",
  });
}
