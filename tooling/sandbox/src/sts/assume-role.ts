import type { AccountSettings, Caller, CredentialStore, RoleSettings } from "../credentials.ts";
import type { QueryParameters } from "../query-protocol.ts";
import { VendorError } from "../vendor-error.ts";
import { element, timestamp } from "../xml.ts";
import { stsAnswerXml } from "./sts-xml.ts";

/** STS API reference, AssumeRole: 900 s to the role's maximum; an hour at most for a role assumed from a role. */
const MIN_SECONDS = 900;
const DEFAULT_SECONDS = 3600;
const CHAINED_MAX_SECONDS = 3600;

/** What AssumeRole is answered from. */
export interface StsWorld {
  readonly accounts: readonly AccountSettings[];
  readonly credentials: CredentialStore;
}

/**
 * Answers AssumeRole: credentials of the role's account that expire on the sandbox's clock.
 *
 * @throws VendorError AccessDenied for a role that is not there or another external id (STS does not say which),
 * ValidationError for parameters out of their bounds.
 */
export function assumeRole(
  world: StsWorld,
  call: { caller: Caller; parameters: QueryParameters; requestId: string },
): Buffer {
  const { caller, parameters, requestId } = call;
  const roleArn = required(parameters, "RoleArn", "roleArn");
  const sessionName = required(parameters, "RoleSessionName", "roleSessionName");
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw invalid(sessionName, "roleSessionName", "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  }
  const [, account, name] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn) ?? [];
  if (account === undefined) throw new VendorError(400, "ValidationError", `${roleArn} is invalid`);
  const role = world.accounts.find(({ id }) => id === account)?.roles?.find((candidate) => candidate.name === name);
  if (role === undefined || (role.externalId !== undefined && role.externalId !== parameters.get("ExternalId"))) {
    const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    throw new VendorError(403, "AccessDenied", message);
  }
  const durationSeconds = readDuration(parameters, { role, caller });
  const issued = world.credentials.issue({ account, role, sessionName, durationSeconds });
  const { accessKeyId, secretAccessKey, sessionToken } = issued.credentials;
  const arn = `arn:${caller.partition}:sts::${account}:assumed-role/${role.name}/${sessionName}`;
  const result = [
    `<AssumedRoleUser>${element("AssumedRoleId", `${issued.userId}:${sessionName}`)}${element("Arn", arn)}</AssumedRoleUser>`,
    `<Credentials>${element("AccessKeyId", accessKeyId)}${element("SecretAccessKey", secretAccessKey)}`,
    `${element("SessionToken", sessionToken)}${element("Expiration", timestamp(issued.expiresAtMs))}</Credentials>`,
  ].join("");
  return Buffer.from(stsAnswerXml({ action: "AssumeRole", requestId, result }));
}

function readDuration(parameters: QueryParameters, on: { role: RoleSettings; caller: Caller }): number {
  const text = parameters.get("DurationSeconds");
  if (text === undefined) return DEFAULT_SECONDS;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < MIN_SECONDS) {
    throw invalid(text, "durationSeconds", `Member must have value greater than or equal to ${MIN_SECONDS}`);
  }
  if (on.caller.isSession && seconds > CHAINED_MAX_SECONDS) {
    const message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
    throw new VendorError(400, "ValidationError", message);
  }
  if (seconds > (on.role.maxSessionSeconds ?? DEFAULT_SECONDS)) {
    const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    throw new VendorError(400, "ValidationError", message);
  }
  return seconds;
}

function required(parameters: QueryParameters, name: string, member: string): string {
  const value = parameters.get(name);
  if (value !== undefined) return value;
  const message = `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`;
  throw new VendorError(400, "ValidationError", message);
}

function invalid(value: string, member: string, constraint: string): VendorError {
  const message = `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`;
  return new VendorError(400, "ValidationError", message);
}
