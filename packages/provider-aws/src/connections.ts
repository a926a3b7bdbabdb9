import { readFile } from "node:fs/promises";
import { type ClientRequest, Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import { CloudLinkError } from "@cloudlink/core";

/** The agents that requests to an address leave by. */
export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** The ways out of this machine, and the connections that are kept open on them. */
export interface Connections {
  /**
   * The agents for requests to `url`, the same for all that leave by the same way: directly, or through the proxy that `HTTPS_PROXY`,
   * `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name for it. Servers are checked against `caFile`, or the file that `AWS_CA_BUNDLE` names,
   * which is read once.
   *
   * @throws `invalid_argument` (`ErrInvalidSettings`) for a file of certificates that cannot be used, and a proxy that is no URL.
   */
  agentsFor(url: string): Promise<Agents>;
  /** Ends every connection, in use or not. */
  close(): void;
}

/** Enough for a batch of every account of a large tenant; the SDK's own 50 makes the rest queue. */
const MOST_SOCKETS = 256;

/** Tells one way from another: the proxy's URL, or this. */
const DIRECT = "";

export function createConnections(settings: { readonly caFile: string | undefined }): Connections {
  const byProxy = new Map<string, Promise<Agents>>();
  const made = new Set<Agents>();
  let agentOptions: Promise<AgentOptions> | undefined;

  async function make(proxy: string): Promise<Agents> {
    agentOptions ??= optionsWith(settings.caFile ?? process.env.AWS_CA_BUNDLE);
    const options = await agentOptions.catch((error: unknown) => {
      agentOptions = undefined;
      throw error;
    });
    const agents =
      proxy === DIRECT
        ? { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) }
        : await tunnelThrough(proxy, options);
    made.add(agents);
    return agents;
  }

  return {
    async agentsFor(url) {
      const { getProxyForUrl } = await import("proxy-from-env");
      const proxy = getProxyForUrl(url) || DIRECT;
      const known = byProxy.get(proxy);
      if (known !== undefined) return await known;
      const making = make(proxy);
      byProxy.set(proxy, making);
      making.catch(() => byProxy.delete(proxy));
      return await making;
    },
    close() {
      for (const { httpAgent, httpsAgent } of made) {
        httpAgent.destroy();
        httpsAgent.destroy();
      }
    },
  };
}

async function optionsWith(caFile: string | undefined): Promise<AgentOptions> {
  return {
    keepAlive: true,
    maxSockets: MOST_SOCKETS,
    ...(caFile !== undefined && caFile !== "" && { ca: await readCertificates(caFile) }),
  };
}

async function readCertificates(file: string): Promise<string> {
  const name = JSON.stringify(file.slice(0, 200));
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw invalidSettings(
      `The file of certificates ${name} cannot be read (${error.code ?? "unknown"}). Check caFile, or AWS_CA_BUNDLE.`,
    );
  });
  if (text.includes("-----BEGIN CERTIFICATE-----") || text.includes("-----BEGIN TRUSTED CERTIFICATE-----")) return text;
  throw invalidSettings(
    `The file ${name} holds no certificate in PEM. Check caFile, or AWS_CA_BUNDLE: each begins with -----BEGIN CERTIFICATE-----.`,
  );
}

/** One agent for both protocols: it asks the proxy for a tunnel (CONNECT) whatever the protocol inside. */
async function tunnelThrough(proxy: string, options: AgentOptions): Promise<Agents> {
  // The message leaves the URL out: a password may stand in it.
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    throw invalidSettings("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is no URL of a proxy. Write http://host:port.");
  }
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  type Target = Parameters<InstanceType<typeof HttpsProxyAgent>["connect"]>[1];

  class TunnelAgent extends HttpsProxyAgent<string> {
    /** The library checks the proxy alone against `ca`, and keeps a tunnel waiting whose request has been canceled. */
    override async connect(request: ClientRequest, target: Target) {
      const leaving = new AbortController();
      const { destroy } = request;
      // While a request has no socket, being destroyed is no event of it.
      request.destroy = (error) => {
        leaving.abort();
        return destroy.call(request, error);
      };
      try {
        const { ca } = options;
        const tunnel = new HttpsProxyAgent<string>(proxy, { ...options, signal: leaving.signal });
        return await tunnel.connect(request, { ...target, ...(ca !== undefined && { ca }) } as Target);
      } finally {
        request.destroy = destroy;
      }
    }
  }

  const agent = new TunnelAgent(proxy, options);
  // An agent for HTTPS is one for HTTP with an `options` of another type, which nobody reads here.
  return { httpAgent: agent, httpsAgent: agent as HttpAgent as HttpsAgent };
}

function invalidSettings(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller", provider: "aws" });
}
