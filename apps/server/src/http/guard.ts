import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "../loopback.ts";
import { MAX_HEADERS, MAX_URL_BYTES } from "../server-settings.ts";
import { refused } from "./http-refusal.ts";
import type { RouteTable } from "./route-table.ts";

/**
 * What every request is held against before anything of it is looked at closer.
 *
 * @throws HttpRefusal
 */
export function guardRequest(request: FastifyRequest, routes: RouteTable): void {
  const { raw } = request;
  const url = raw.url ?? "";
  if (url.length > MAX_URL_BYTES) {
    throw refused(414, {
      message: `The request target has over ${MAX_URL_BYTES} bytes. Send refs in the body of a get-many.`,
    });
  }
  if (raw.rawHeaders.length / 2 > MAX_HEADERS) {
    throw refused(431, { message: `The request has over ${MAX_HEADERS} headers.` });
  }
  guardHost(request, url);
  if (request.is404) throw routes.refuse(request.method, url);
}

/** See {@link isLoopbackHost}: this is against DNS rebinding. */
function guardHost({ raw }: FastifyRequest, url: string): void {
  const hosts = raw.rawHeaders.filter(
    (_, index) => index % 2 === 1 && raw.rawHeaders[index - 1]?.toLowerCase() === "host",
  );
  if (hosts.length !== 1) throw refused(400, { message: "The request needs the header Host, once." });
  // In a target of absolute form it is the target that says where the request goes (RFC 9112, 3.2.2).
  const target = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (isLoopbackHost(hosts[0] ?? "") && (target === undefined || isLoopbackHost(target))) return;
  throw refused(421, {
    message:
      "The server answers to localhost, 127.0.0.1 and [::1] alone, and the header Host, or the target, names another.",
  });
}

/** Where a browser says that the request comes from when a page of the server's own makes it, or the user did. */
const ownSites: readonly unknown[] = [undefined, "same-origin", "none"];

/**
 * Refuses what a page of another site has a browser send. It could not read the answer, but the action would be done: there is no
 * authentication that such a request would lack, since the browser runs on this machine too.
 *
 * @throws HttpRefusal, 403
 */
export function guardOrigin({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  const isOwn = origin === undefined || origin.toLowerCase() === `http://${host ?? ""}`.toLowerCase();
  if (isOwn && ownSites.includes(headers["sec-fetch-site"])) return;
  throw refused(403, {
    message: "The request comes from a web page of another origin, which may not use this server.",
  });
}
