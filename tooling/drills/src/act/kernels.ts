import type { Calls } from "@cloudlink/core/calls";
import { REGION, type Subjects, type Vendor } from "@cloudlink/measure";
import type { Tenant } from "./wish.ts";
import { type ActionName, vendorNames } from "./world.ts";

/** Kernels as replicas behind one address are set up: they share the store of idempotency keys and the key of tokens. */
export interface Kernels extends AsyncDisposable {
  readonly calls: readonly [Calls, Calls];
  /** How many requests of actions a call has sent, by its trace id: counted where the provider says that it sends one. */
  sent(traceId: string): number;
  /** Whether a request of the call's is on its way at this moment. */
  isInTheAir(traceId: string): boolean;
  /** Runs the next time a call, by its trace id, sends a request of an action. */
  onceSent(traceId: string, run: () => void): void;
  /** Resolves when no provider is at work on an action: those whose callers have left, too. */
  whenIdle(): Promise<void>;
}

type Provider = ReturnType<Subjects["aws"]["aws"]>;

export function createKernels({ core, nexus, aws }: Subjects, vendor: Vendor): Kernels {
  const sends = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const inTheAir = new Set<string>();
  const idle = new Set<() => void>();
  let atWork = 0;

  /** The provider as it is, with somebody who looks on. */
  function watched(provider: Provider): Provider {
    const kinds = provider.kinds.map((handler) => {
      const act = handler.act?.bind(handler);
      if (act === undefined) return handler;
      return {
        ...handler,
        async act(...[call, request]: Parameters<typeof act>) {
          const traceId = call.ctx.trace?.traceId ?? "";
          const report = {
            ...call.report,
            vendorRequest(sent: { readonly operation: string }) {
              call.report.vendorRequest(sent);
              // Others find out whose credentials these are, and do nothing.
              if (sent.operation !== `ec2:${vendorNames[request.action as ActionName]}`) return;
              sends.set(traceId, (sends.get(traceId) ?? 0) + 1);
              inTheAir.add(traceId);
              waiting.get(traceId)?.();
              waiting.delete(traceId);
            },
          };
          atWork += 1;
          try {
            return await act({ ...call, report }, request);
          } finally {
            atWork -= 1;
            inTheAir.delete(traceId);
            if (atWork === 0) for (const resolve of idle) resolve();
          }
        },
      };
    });
    return { ...provider, kinds };
  }

  const idempotency = nexus.createMemoryIdempotencyStore();
  const create = () =>
    nexus.createNexus({
      providers: [watched(aws.aws({ endpoint: vendor.endpoint }))],
      accounts: vendor.accounts.map(({ id }) => ({
        ...{ provider: "aws", partition: "aws", account: id, regions: [REGION], role: "drill" },
      })),
      credentials: core.staticCredentials(({ tenant, account }) => keysOf(vendor, tenant as Tenant, account)),
      idempotency,
      // This vendor has no limits, and is asked more often than AWS would take.
      limits: { of: () => "none" },
      tokenKey: new Uint8Array(32).fill(9),
      // What hangs at the vendor's is given up in the drill's time.
      defaultTimeoutMs: 1_500,
    });
  const calls = [create(), create()] as const;
  return {
    calls,
    sent: (traceId) => sends.get(traceId) ?? 0,
    isInTheAir: (traceId) => inTheAir.has(traceId),
    onceSent: (traceId, run) => void waiting.set(traceId, run),
    async whenIdle() {
      while (atWork > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        idle.add(resolve);
        await promise;
        idle.delete(resolve);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(calls.map((kernel) => kernel.close()));
    },
  };
}

function keysOf({ accounts }: Vendor, tenant: Tenant, account: string): Record<string, string> | undefined {
  const [full, denied] = accounts.find(({ id }) => id === account)?.accessKeys ?? [];
  if (tenant === "stranger") return { accessKeyId: "AKIANOBODYKNOWSTHIS0", secretAccessKey: "not-a-secret" };
  const { accessKeyId, secretAccessKey } = (tenant === "intern" ? denied : full) ?? {};
  return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
}
