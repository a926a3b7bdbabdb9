import { STATUS_CODES } from "node:http";
import { mediaTypes, problemForm } from "@cloudlink/client/wire";
import type { Components } from "./components.ts";
import { type DocumentedHeader, type RouteDocument, resourceHeaders } from "./route-document.ts";

/** What each status of a failure means here. */
const meanings: Readonly<Record<number, string>> = {
  400: "The request is not of its form, or names what is not known.",
  401: "The vendor does not take the credentials, or there are none.",
  403: "The identity behind the credentials may not do this; or a web page of another origin asked.",
  404: "The resource does not exist; or there is nothing at this path.",
  405: "This path has other methods: Allow says which.",
  406: "The answer is of no media type that Accept takes.",
  408: "The request did not come in time.",
  409: "The idempotency key named another request or is in use, or the action was given up.",
  413: "The body is too large.",
  414: "The request target is too long.",
  415: "The body is not JSON in UTF-8.",
  417: "There is nothing that Expect could ask for but 100-continue.",
  421: "Host names no loopback address: the server has no authentication yet, and answers to this machine alone.",
  429: "The vendor's limit is used up, or the server has as many calls as it takes at once.",
  431: "The headers are too large or too many.",
  500: "The server, or a provider, failed in a way that nobody expected.",
  501: "The provider does not declare that it can do this.",
  503: "The vendor, or the server, is not available.",
  504: "The call did not end by its deadline.",
};

/** Of every path. */
const ofAll = [400, 403, 404, 405, 406, 408, 414, 417, 421, 431, 500, 503];
const ofBodies = [413, 415];
const ofTheKernel = [401, 409, 429, 501, 504];

const headersOf: Readonly<Record<number, readonly DocumentedHeader[]>> = {
  405: ["allow"],
  429: ["retry-after"],
  503: ["retry-after"],
};

/** The failures that a route may answer with, as references to what {@link failureResponses} has. */
export function failuresOf(document: RouteDocument, { hasBody }: { readonly hasBody: boolean }) {
  const statuses = [...ofAll, ...(hasBody ? ofBodies : []), ...(document.callsKernel ? ofTheKernel : [])];
  const others = statuses.filter((status) => document.answers[status] === undefined);
  return Object.fromEntries(others.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]));
}

/** Every failure there is, by name. */
export function failureResponses(components: Components, headers: (names: readonly DocumentedHeader[]) => unknown) {
  const schema = components.response(problemForm);
  return Object.fromEntries(
    Object.entries(meanings).map(([status, description]) => [
      nameOf(Number(status)),
      {
        description,
        headers: headers([...resourceHeaders, ...(headersOf[Number(status)] ?? [])]),
        content: { [mediaTypes.problem]: { schema } },
      },
    ]),
  );
}

/** `URI Too Long` as `URITooLong`. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replace(/[^A-Za-z]/g, "");
}
