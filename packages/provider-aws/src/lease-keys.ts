import type { Credentials as StsCredentials } from "@aws-sdk/client-sts";
import { CloudLinkError, type Lease } from "@cloudlink/core";
import type { Credentials } from "./shared-credentials.ts";
import { MalformedAnswer } from "./xml/malformed-answer.ts";

/** @throws `unauthenticated` (`ErrCredentialsMissing`) for a lease that has no AWS keys in it. */
export function keysOf(lease: Lease & { readonly kind: "keys" }): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken } = lease.keys.reveal();
  if (!accessKeyId || !secretAccessKey) {
    throw new CloudLinkError({
      reason: "ErrCredentialsMissing",
      message: "The lease holds no AWS keys. It needs accessKeyId and secretAccessKey, and sessionToken for a session.",
      origin: "credentials",
      provider: "aws",
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** The keys that STS issued. @throws MalformedAnswer for an answer without any. */
export function sessionCredentials(issued: StsCredentials | undefined): Credentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {};
  if (!AccessKeyId || !SecretAccessKey) throw new MalformedAnswer("a session without keys");
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken !== undefined && { sessionToken: SessionToken }),
    ...(Expiration !== undefined && { expiration: Expiration }),
  };
}
