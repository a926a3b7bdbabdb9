import { CloudLinkError, type Lease, NONE } from "@cloudlink/core";
import { isRoleArn, ROLE_ARN_HINT } from "./role-arn.ts";
import { type AwsSettings, ambientParameters } from "./settings.ts";

/** What AWS's own way to credentials is steered by. */
export type Ambient = Readonly<Partial<Record<(typeof ambientParameters)[number], string>>>;

/** The parameters of an `ambient` lease, and the settings where it leaves them out. A lease of keys is steered by nothing. */
export function ambientOf(lease: Lease, settings: AwsSettings): Ambient {
  if (lease.kind === "keys") return {};
  return Object.fromEntries(
    ambientParameters.flatMap((name) => {
      const value = lease.parameters[name] ?? settings[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * The role with the account of the lease in the place of `{account}`.
 *
 * @throws `invalid_argument`: `ErrInvalidSettings` for what is no ARN of a role, `ErrUnknownAccount` where the call names no account to
 *   put there.
 */
export function roleFor(lease: Lease, roleArn: string): string {
  checkRoleArn(roleArn);
  const { account } = lease.scope;
  if (roleArn.includes("{account}") && account === NONE) {
    throw new CloudLinkError({
      reason: "ErrUnknownAccount",
      message: `The role ${quoted(roleArn)} is one of each account, and no account was named. Say which accounts there are.`,
      origin: "caller",
      provider: "aws",
    });
  }
  const role = roleArn.replaceAll("{account}", account);
  checkRoleArn(role);
  return role;
}

/** @throws `invalid_argument` (`ErrInvalidSettings`) for what is no ARN of a role. */
export function checkRoleArn(roleArn: string): void {
  if (isRoleArn(roleArn)) return;
  throw new CloudLinkError({
    reason: "ErrInvalidSettings",
    message: `${quoted(roleArn)} is not the ARN of a role. ${ROLE_ARN_HINT}`,
    origin: "caller",
    provider: "aws",
  });
}

/** Who requests under a lease are made as, in words for a person. */
export function actorOf(lease: Lease, settings: AwsSettings): string {
  if (lease.kind === "keys") return `the lease ${quoted(lease.id)}`;
  const { roleArn } = ambientOf(lease, settings);
  if (roleArn !== undefined) return `the role ${quoted(roleArn.replaceAll("{account}", lease.scope.account))}`;
  const profile = profileOf(lease, settings);
  return profile === undefined ? "AWS's default credential chain" : `the profile ${quoted(profile)}`;
}

/** The profile that is named, if any; `AWS_PROFILE` names one where nobody else does. */
export function profileOf(lease: Lease, settings: AwsSettings): string | undefined {
  return ambientOf(lease, settings).profile ?? (process.env.AWS_PROFILE || undefined);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
