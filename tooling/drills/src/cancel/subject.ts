import type { Context } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import { REGION, type Subjects, type Vendor } from "@cloudlink/measure";

/** What is called, and canceled. Each rejects with why it came to nothing. */
export interface Subject {
  get(ctx: Context, ref: string): Promise<unknown>;
  /** With the vendor's own body, which is a request of its own, whoever else asks for the same. */
  native(ctx: Context, ref: string): Promise<unknown>;
  getMany(ctx: Context, refs: readonly string[]): Promise<unknown>;
  /** Every machine of one account. */
  list(ctx: Context, account: string): Promise<unknown>;
  /** Every account's machines, page by page; `onPage` is told of the first. It resolves when the loop over the pages has been left, where it says so. */
  pages(ctx: Context, onPage: () => "leave" | "stay"): Promise<unknown>;
  /** A reboot. */
  act(ctx: Context, ref: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Calls of a kernel's, or of the client of a server. */
function callsSubject({ core }: Pick<Subjects, "core">, calls: Calls & { close(): Promise<void> }): Subject {
  const { VirtualMachine: kind } = core;
  return {
    get: (ctx, ref) => calls.get(ctx, { kind, ref }),
    native: (ctx, ref) => calls.get(ctx, { kind, ref, native: true }),
    async getMany(ctx, refs) {
      const { outcomes } = await calls.getMany(ctx, { kind, refs });
      for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
    },
    async list(ctx, account) {
      for await (const page of calls.list(ctx, { kind, accounts: [account] })) {
        for (const { error } of page.problems) throw error;
      }
    },
    async pages(ctx, onPage) {
      for await (const page of calls.list(ctx, { kind, pageSize: 5 })) {
        for (const { error } of page.problems) throw error;
        if (page.items.length > 0 && onPage() === "leave") return;
      }
    },
    act: (ctx, ref) => calls.act(ctx, { kind, ref, action: "reboot" }),
    close: () => calls.close(),
  };
}

/** A kernel of this process. */
export function kernelSubject(subjects: Subjects, vendor: Vendor): Subject {
  return callsSubject(subjects, createKernel(subjects, vendor));
}

/** A server of this process, and the client of it: what either of them leaves is left here. */
export async function serverSubject(subjects: Subjects, vendor: Vendor): Promise<Subject> {
  const { startServer } = await subjects.load("@cloudlink/server");
  const { createClient } = await subjects.load("@cloudlink/client");
  const nexus = createKernel(subjects, vendor);
  const server = await startServer({ nexus, port: 0, drainMs: 1_000 });
  const client = createClient({ url: server.url });
  const close = async () => {
    await client.close();
    await server.close();
    await nexus.close();
  };
  return callsSubject(subjects, { ...client, close });
}

function createKernel({ core, nexus, aws }: Subjects, { endpoint, accounts }: Vendor) {
  return nexus.createNexus({
    providers: [aws.aws({ endpoint })],
    // This vendor has no limits, and is asked more often than AWS would take.
    limits: { of: () => "none" },
    accounts: accounts.map(({ id }) => ({
      ...{ provider: "aws", partition: "aws", account: id, regions: [REGION], listRegions: [REGION], role: "drill" },
    })),
    credentials: core.staticCredentials(({ account }) => {
      const key = accounts.find(({ id }) => id === account)?.accessKeys[0];
      return key === undefined ? undefined : { ...key };
    }),
  });
}
