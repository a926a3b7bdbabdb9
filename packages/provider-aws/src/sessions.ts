import { CloudLinkError, type Lease, type ProviderCall } from "@cloudlink/core";
import type { AwsSession, AwsTransport, CallerIdentity } from "./aws-sdk.ts";
import { toCloudLinkError } from "./errors.ts";
import type { AwsSettings } from "./settings.ts";

/** The sessions of a provider: clients are dear to make, so there is one a lease and region, for as long as the lease is kept. */
export interface Sessions {
  /** Runs a request to AWS; what the SDK throws comes back as one of CloudLink's errors. */
  run<Output>(
    call: ProviderCall,
    request: { readonly operation: string; readonly region: string; send(session: AwsSession): Promise<Output> },
  ): Promise<Output>;
  /** Whose the call's credentials are; asked of AWS once a lease. */
  identity(call: ProviderCall, region: string): Promise<CallerIdentity>;
  usualRegion(): Promise<string | undefined>;
  close(): void;
}

interface LeaseSessions {
  readonly byRegion: Map<string, Promise<AwsSession>>;
  identity?: Promise<CallerIdentity>;
}

export function createSessions(settings: AwsSettings): Sessions {
  let transport: Promise<AwsTransport> | undefined;
  // Keyed by the lease itself: when the kernel lets go of a lease, its clients and their keys go with it.
  let byLease = new WeakMap<Lease, LeaseSessions>();
  let isClosed = false;

  async function loadTransport(): Promise<AwsTransport> {
    if (isClosed)
      throw new CloudLinkError({ reason: "ErrCanceled", message: "The AWS provider is closed.", origin: "kernel" });
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
    const { byRegion } = of(lease);
    const known = byRegion.get(region);
    if (known !== undefined) return await known;
    const made = loadTransport().then((loaded) => loaded.session(lease, region));
    byRegion.set(region, made);
    made.catch(() => byRegion.delete(region));
    return await made;
  }

  const run: Sessions["run"] = async (call, { operation, region, send }) => {
    call.ctx.throwIfDone();
    try {
      return await send(await sessionOf(call.lease, region));
    } catch (error) {
      throw call.ctx.error() ?? toCloudLinkError(error, { operation, scope: call.scope, actor: actorOf(call.lease) });
    }
  };

  return {
    run,
    async identity(call, region) {
      const sessions = of(call.lease);
      const asked =
        sessions.identity ??
        run(call, { operation: "sts:GetCallerIdentity", region, send: (session) => session.identify(call) });
      sessions.identity = asked;
      try {
        return await asked;
      } catch (error) {
        if (sessions.identity === asked) delete sessions.identity;
        throw error;
      }
    },
    usualRegion: async () => await (await loadTransport()).usualRegion(settings.profile),
    close() {
      isClosed = true;
      byLease = new WeakMap();
      transport?.then((loaded) => loaded.close()).catch(() => {});
    },
  };
}

/** Who a request is made as, for an error message. */
function actorOf(lease: Lease): string {
  if (lease.kind === "keys") return `the lease ${lease.id}`;
  const { profile, roleArn } = lease.parameters;
  if (roleArn !== undefined) return `the role ${roleArn}`;
  return profile === undefined ? "AWS's default credential chain" : `the profile "${profile}"`;
}
