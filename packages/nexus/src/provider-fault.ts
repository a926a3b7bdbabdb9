import { CloudLinkError, type Provider } from "@cloudlink/core";

/** The error for an answer that a provider's contract does not allow. */
export function providerFault(provider: Provider, what: string): CloudLinkError {
  const { name, version } = provider.metadata;
  return new CloudLinkError({
    reason: "ErrProviderFault",
    message: `The provider "${name}" ${version} broke its contract: ${what}. Report it to its authors.`,
    origin: "plugin",
    provider: name,
  });
}

/** A provider fails with a CloudLinkError; whatever else it throws is its own fault, and says so. */
export function providerError(error: unknown, { metadata }: Provider): CloudLinkError {
  const known = CloudLinkError.from(error, {
    reason: "ErrProviderFault",
    message: `The provider "${metadata.name}" ${metadata.version} failed in a way its contract does not allow. Report it to its authors; the cause has the details.`,
    origin: "plugin",
  });
  return known.provider === undefined ? known.with({ provider: metadata.name }) : known;
}
