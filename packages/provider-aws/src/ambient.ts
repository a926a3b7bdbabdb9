import { CloudLinkError, type Lease, NONE } from "@cloudlink/core";
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
 * @throws `invalid_argument` (`ErrUnknownAccount`) where the call names no account to put there.
 */
export function roleFor(lease: Lease, roleArn: string): string {
  const { account } = lease.scope;
  if (roleArn.includes("{account}") && account === NONE) {
    throw new CloudLinkError({
      reason: "ErrUnknownAccount",
      message: `The role ${quoted(roleArn)} is one of each account, and no account was named. Say which accounts there are.`,
      origin: "caller",
      provider: "aws",
    });
  }
  return roleArn.replaceAll("{account}", account);
}

/** Who requests under a lease are made as, in words for a person. */
export function actorOf(lease: Lease, settings: AwsSettings): string {
  if (lease.kind === "keys") return `the lease ${quoted(lease.id)}`;
  const { profile, roleArn } = ambientOf(lease, settings);
  if (roleArn !== undefined) return `the role ${quoted(roleArn.replaceAll("{account}", lease.scope.account))}`;
  const named = profile ?? process.env.AWS_PROFILE;
  return named === undefined || named === "" ? "AWS's default credential chain" : `the profile ${quoted(named)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
