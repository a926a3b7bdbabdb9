import { CloudLinkError } from "@cloudlink/core";

/** What it takes to go on with an action beside its ref and name. */
export interface ActionTicket {
  /** When EC2 had accepted it, in milliseconds since the epoch, by the clock of the call that began it. */
  readonly acceptedAt: number;
}

const VERSION = 1;

/** Longer than any token is. */
const LONGEST = 100;

/** The token of an action that goes on. There is nothing secret in it, and nothing that leads anywhere. */
export function writeActionToken({ acceptedAt }: ActionTicket): string {
  return JSON.stringify({ v: VERSION, acceptedAt });
}

/** @throws `invalid_argument` (`ErrInvalidOperationToken`) for what {@link writeActionToken} did not write. */
export function readActionToken(token: string): ActionTicket {
  const ticket = { acceptedAt: token.length > LONGEST ? Number.NaN : acceptedAtOf(parse(token)) };
  // Written again it is the same, or it was not written here.
  if (Number.isSafeInteger(ticket.acceptedAt) && writeActionToken(ticket) === token) return ticket;
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

function acceptedAtOf(value: unknown): number {
  const found = typeof value === "object" && value !== null && "acceptedAt" in value ? value.acceptedAt : undefined;
  return typeof found === "number" ? found : Number.NaN;
}
