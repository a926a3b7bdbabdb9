import { CloudLinkError } from "@cloudlink/core";

/** The error of settings, or of a file of metadata, that are not valid. */
export function invalidSettings(message: string, details?: Readonly<Record<string, string>>): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidSettings",
    message,
    origin: "caller",
    ...(details !== undefined && { details }),
  });
}

/** The error of a request that does not have the form of one. */
export function invalidRequest(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}

/** What {@link providerFault} takes. */
export interface FaultFacts {
  readonly message: string;
  readonly provider?: string;
  /** What the provider threw. Its message stays out of ours: nobody knows what is in it. */
  readonly cause?: unknown;
}

/** The error of a provider, or of a package that brings one, which breaks the contract. */
export function providerFault({ message, provider, cause }: FaultFacts): CloudLinkError {
  const details = nameOfThrown(cause);
  return new CloudLinkError({
    reason: "ErrProviderFault",
    message: details === undefined ? message : `${message} (${Object.values(details).join(", ")})`,
    origin: "plugin",
    cause,
    ...(provider !== undefined && { provider }),
    ...(details !== undefined && { details }),
  });
}

/** The error of a contract version that this package cannot work with. */
export function unsupportedContract(message: string): CloudLinkError {
  return new CloudLinkError({
    code: "failed_precondition",
    reason: "ErrUnsupportedContract",
    message,
    origin: "plugin",
  });
}

/** Names of error classes and codes are words of a program; anything else in their place is left out. */
const wordForm = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** The class and code of something thrown: enough to tell a missing module from a broken one. */
function nameOfThrown(thrown: unknown): Readonly<Record<string, string>> | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { name, code } = thrown as Error & { readonly code?: unknown };
  const details: Record<string, string> = {};
  if (typeof name === "string" && wordForm.test(name)) details.error = name;
  if (typeof code === "string" && wordForm.test(code)) details.errorCode = code;
  return Object.keys(details).length === 0 ? undefined : details;
}
