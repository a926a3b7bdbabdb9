import type { Cache } from "@cloudlink/core";
import { createNexus, type Nexus } from "@cloudlink/nexus";
import { pino } from "pino";
import { type ServerSettings, startServer } from "../src/index.ts";
import { createFakeProvider, type FakeVendor, fakeAccounts } from "./fake-provider.ts";

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A server on a fake vendor, and what it logged. */
export interface Harness extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly nexus: Nexus;
  /** Ends the server alone. */
  drain(): Promise<void>;
  readonly log: readonly LogLine[];
  /** The text of the log, to look in for what must not be there. */
  logText(): string;
  /** Resolves with the first line, from now on or before, that matches. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Ends the server, then the kernel. */
  close(): Promise<void>;
}

export async function startHarness(
  vendor: FakeVendor = {},
  { cache, ...settings }: Partial<Omit<ServerSettings, "nexus">> & { readonly cache?: Cache } = {},
): Promise<Harness> {
  const provider = createFakeProvider(vendor);
  const nexus = createNexus({ providers: [provider], accounts: fakeAccounts, ...(cache !== undefined && { cache }) });
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const write = (text: string) => {
    lines.push(JSON.parse(text) as LogLine);
    for (const look of waiting) look();
  };
  const server = await startServer({ nexus, port: 0, logger: pino({ level: "trace" }, { write }), ...settings });
  const close = async () => {
    await server.close();
    await nexus.close();
  };
  return {
    url: server.url,
    port: server.port,
    nexus,
    drain: () => server.close(),
    log: lines,
    logText: () => lines.map((line) => JSON.stringify(line)).join("\n"),
    logged: (matches) => {
      const { promise, resolve } = Promise.withResolvers<LogLine>();
      const look = () => {
        const found = lines.find(matches);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      return promise;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
