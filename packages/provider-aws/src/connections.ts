import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import { CloudLinkError } from "@cloudlink/core";

/** How requests to one address leave this machine. */
export interface Connections {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** Enough for a batch of every account of a large tenant; the SDK's own 50 makes the rest queue. */
const MOST_SOCKETS = 256;

/**
 * Agents for requests to `url`: through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name for it, if any, and checked
 * against `caFile`, or the file that `AWS_CA_BUNDLE` names.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a file of certificates that cannot be read.
 */
export async function connect(
  url: string,
  settings: { readonly caFile: string | undefined },
): Promise<Connections & { readonly proxy: string }> {
  const { getProxyForUrl } = await import("proxy-from-env");
  const proxy = getProxyForUrl(url);
  const caFile = settings.caFile ?? process.env.AWS_CA_BUNDLE;
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: MOST_SOCKETS,
    ...(caFile !== undefined && caFile !== "" && { ca: readCertificates(caFile) }),
  };
  if (proxy === "") return { proxy, httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const agent = new HttpsProxyAgent<"https://proxy">(new URL(proxy), options);
  return { proxy, httpAgent: agent as HttpAgent, httpsAgent: agent as unknown as HttpsAgent };
}

function readCertificates(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: `The file of certificates ${JSON.stringify(file)} cannot be read (${code}). Check caFile, or AWS_CA_BUNDLE.`,
      origin: "caller",
      provider: "aws",
    });
  }
}
