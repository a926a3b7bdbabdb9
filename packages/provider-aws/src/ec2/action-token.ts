import { CloudLinkError } from "@cloudlink/core";

/** What it takes to go on with an action beside its ref and name. */
export interface ActionTicket {
  /** When EC2 was asked for what it then accepted, in milliseconds since the epoch, by the clock of the call that began it. */
  readonly acceptedAt: number;
  /** When EC2 says that the run began which was seen on its way (`LaunchTime`), in milliseconds since the epoch by EC2's clock. */
  readonly launchedAt?: number | undefined;
}

const VERSION = 1;

/** Longer than any token is. */
const LONGEST = 100;

/** The token of an action that goes on. There is nothing secret in it, and nothing that leads anywhere. */
export function writeActionToken({ acceptedAt, launchedAt }: ActionTicket): string {
  return JSON.stringify({ v: VERSION, acceptedAt, launchedAt });
}

/** @throws `invalid_argument` (`ErrInvalidOperationToken`) for what {@link writeActionToken} did not write. */
export function readActionToken(token: string): ActionTicket {
  const content = token.length > LONGEST ? undefined : parse(token);
  const acceptedAt = instantIn(content, "acceptedAt");
  const launchedAt = instantIn(content, "launchedAt");
  const ticket = acceptedAt !== undefined && { acceptedAt, ...(launchedAt !== undefined && { launchedAt }) };
  // Written again it is the same, or it was not written here.
  if (ticket && writeActionToken(ticket) === token) return ticket;
  throw foreignToken();
}

/** The error for a token that is not this provider's. */
export function foreignToken(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidOperationToken",
    message:
      "The operation token was not made by this provider, or by another version of it. Read the instance to see how it stands.",
    origin: "caller",
    provider: "aws",
    // Whatever it stood for may have been carried out.
    effect: "unknown",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function instantIn(content: unknown, name: keyof ActionTicket): number | undefined {
  if (typeof content !== "object" || content === null || !Object.hasOwn(content, name)) return undefined;
  const found = (content as { readonly [Name in typeof name]?: unknown })[name];
  return Number.isSafeInteger(found) ? (found as number) : undefined;
}
