import { ensureToxiproxy } from "./ensure-toxiproxy.ts";
import { onFreePort } from "./free-port.ts";
import { onLeash } from "./leash.ts";
import { type Progress, printProgress } from "./progress.ts";
import { answersHttp, startServer } from "./server-process.ts";

/** It takes some milliseconds; a machine that is busy with other tests may need many times that. */
const START_TIMEOUT_MS = 30_000;

/** What is done to what goes through a proxy, as https://github.com/Shopify/toxiproxy#toxics tells. Times are in ms. */
export type Toxic = {
  /** `upstream` is from the client to the server. Default: `downstream`. */
  readonly stream?: "upstream" | "downstream";
  /** On which share of the connections, from 0 to 1. Default: 1, all. */
  readonly toxicity?: number;
} & (
  | { readonly type: "latency"; readonly attributes: { readonly latency: number; readonly jitter?: number } }
  /** In KB/s. */
  | { readonly type: "bandwidth"; readonly attributes: { readonly rate: number } }
  | { readonly type: "slow_close"; readonly attributes: { readonly delay: number } }
  /** Nothing gets through, and the connection is closed after the time; with 0 never, until the toxic is removed. */
  | { readonly type: "timeout"; readonly attributes: { readonly timeout: number } }
  /** The connection is reset (RST) after the time. */
  | { readonly type: "reset_peer"; readonly attributes: { readonly timeout: number } }
  /** In pieces of about that many bytes, with a delay in µs between them. */
  | {
      readonly type: "slicer";
      readonly attributes: {
        readonly average_size: number;
        readonly size_variation?: number;
        readonly delay?: number;
      };
    }
  /** The connection is closed after that many bytes. */
  | { readonly type: "limit_data"; readonly attributes: { readonly bytes: number } }
);

/** A toxic in force. */
export interface ActiveToxic extends AsyncDisposable {
  readonly name: string;
  /** Ends it: what goes through from now on is as it is. */
  remove(): Promise<void>;
}

/** A way to a server, which can be made as bad as one likes. */
export interface ToxicProxy {
  readonly host: "127.0.0.1";
  /** Where clients connect to instead. */
  readonly port: number;
  /** From now on, on open connections too. */
  addToxic(toxic: Toxic): Promise<ActiveToxic>;
  /** By the name that `addToxic` gave. */
  removeToxic(name: string): Promise<void>;
  /** Closes all connections and refuses new ones. */
  disable(): Promise<void>;
  /** Takes connections again, on the same port. */
  enable(): Promise<void>;
}

/** A running Toxiproxy, on 127.0.0.1. */
export interface Toxiproxy extends AsyncDisposable {
  /** Of its HTTP API. */
  readonly endpoint: string;
  /** A proxy in front of a server at `host:port`; of 127.0.0.1, the port is enough. */
  proxy(request: { readonly upstream: string | number }): Promise<ToxicProxy>;
  /** Enables all proxies and removes all toxics. */
  reset(): Promise<void>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/** Builds Toxiproxy if need be, and starts it. */
export async function startToxiproxy(settings: { readonly progress?: Progress } = {}): Promise<Toxiproxy> {
  const { progress = printProgress } = settings;
  const { toxiproxyServer } = await ensureToxiproxy({ progress });
  const server = await onFreePort((port) =>
    startServer({
      name: "Toxiproxy",
      command: onLeash([toxiproxyServer, "-host", "127.0.0.1", "-port", String(port)]),
      endpointIn: (line) => (line.includes("Starting HTTP server") ? `http://127.0.0.1:${port}` : undefined),
      isReady: answersHttp("/version"),
      startTimeoutMs: START_TIMEOUT_MS,
    }),
  );
  const ask: Ask = (method, { path, body }) => askToxiproxy(new URL(path, server.endpoint), { method, body });
  let proxies = 0;
  return {
    endpoint: server.endpoint,
    async proxy({ upstream }) {
      proxies += 1;
      const name = `proxy-${proxies}`;
      const target = typeof upstream === "number" ? `127.0.0.1:${upstream}` : upstream;
      const port = await onFreePort(async (free) => {
        await ask("POST", { path: "/proxies", body: { name, listen: `127.0.0.1:${free}`, upstream: target } });
        return free;
      });
      return toxicProxy(ask, { path: `/proxies/${name}`, port });
    },
    reset: async () => void (await ask("POST", { path: "/reset" })),
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  };
}

type Ask = (method: "POST" | "DELETE", request: { path: string; body?: unknown }) => Promise<unknown>;

async function askToxiproxy(url: URL, { method, body }: { method: string; body: unknown }): Promise<unknown> {
  const response = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`Toxiproxy answered ${response.status} to ${method} ${url.pathname}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

function toxicProxy(ask: Ask, { path, port }: { path: string; port: number }): ToxicProxy {
  const removeToxic = async (name: string) => void (await ask("DELETE", { path: `${path}/toxics/${name}` }));
  const setEnabled = async (enabled: boolean) => void (await ask("POST", { path, body: { enabled } }));
  let toxics = 0;
  return {
    host: "127.0.0.1",
    port,
    async addToxic(toxic) {
      toxics += 1;
      const name = `${toxic.type}-${toxics}`;
      await ask("POST", { path: `${path}/toxics`, body: { ...toxic, name } });
      const remove = () => removeToxic(name);
      return { name, remove, [Symbol.asyncDispose]: remove };
    },
    removeToxic,
    disable: () => setEnabled(false),
    enable: () => setEnabled(true),
  };
}
