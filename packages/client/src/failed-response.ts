import { CloudLinkError, type Context } from "@cloudlink/core";
import type { ClientCall } from "./client-call.ts";
import { malformed, unavailable } from "./client-error.ts";
import type { Connection } from "./connection.ts";
import { readJson } from "./response-body.ts";
import { errorOfProblem } from "./wire/problem.ts";
import { mediaTypes } from "./wire/protocol.ts";

/** Far more than the longest problem: 64 details of 4 KB, and the same again for the rest. */
const LONGEST_PROBLEM_BYTES = 1024 * 1024;

/** Statuses beside 5xx by which a proxy says that it has no server to hand the request to, or no time for it: it makes sense to come again. */
const passingStatuses: readonly number[] = [408, 429];

/** Whether the response has that media type. */
export function hasType(response: Response, mediaType: string): boolean {
  const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase() === mediaType;
}

/**
 * The error of a response that is not what was asked for: the server's own, of its problem document, or that of something else which
 * answered in its place, such as a proxy. Nothing of a body that is no problem document is shown.
 */
export async function errorOfResponse(
  connection: Connection,
  { call, ctx, response }: { readonly call: ClientCall; readonly ctx: Context; readonly response: Response },
): Promise<CloudLinkError> {
  const { status } = response;
  const told = await errorTold(connection, { ctx, response });
  if (told !== undefined) {
    call.told = told;
    // Of what else answers such a status it is not known where it stands: the server may have had the request before.
    if (isRefusal(status)) call.sent = false;
    return told;
  }
  const details = { httpStatus: String(status) };
  if (status >= 500 || passingStatuses.includes(status)) {
    const message = `Something between here and the server at ${connection.origin} answered in its place, with status ${status}.`;
    return unavailable(message, { details, afterMs: waitOf(response) });
  }
  const message = `What answered at ${connection.origin}, with status ${status}, is no CloudLink server. Is the url of the client's settings right?`;
  return malformed(message, details);
}

async function errorTold(
  connection: Connection,
  { ctx, response }: { readonly ctx: Context; readonly response: Response },
): Promise<CloudLinkError | undefined> {
  if (!hasType(response, mediaTypes.problem)) {
    response.body?.cancel().catch(() => {});
    return undefined;
  }
  try {
    return errorOfProblem(await readJson(connection, { ctx, response, maxBytes: LONGEST_PROBLEM_BYTES }));
  } catch (error) {
    // A document that cannot be read says no more than its status does.
    if (CloudLinkError.isInstance(error) && error.reason === "ErrMalformedResponse") return undefined;
    throw error;
  }
}

/** Whether the server refused the request as such, and so has done nothing: it says `effect` itself of what got further. Not one that got somewhere and took too long, or was left. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 499;
}

/** `Retry-After` in seconds; as a date it is left aside, since clocks differ. */
function waitOf(response: Response): number | undefined {
  const seconds = response.headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}
