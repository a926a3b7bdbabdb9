/**
 * The form of a role's ARN (IAM user guide, "IAM identifiers"; STS API reference, AssumeRole): a path and a name of 64 characters at most.
 * The partition is left to STS: there may be new ones.
 */
const roleForm = /^arn:aws[a-z-]*:iam::\d{12}:role\/(?:[\x21-\x7e]{1,511}\/)?[\w+=,.@-]{1,64}$/;

/** How to write it, for a message. */
export const ROLE_ARN_HINT = "Write arn:aws:iam::123456789012:role/name; {account} stands for the account of the call.";

/** Whether `text` is the ARN of a role, with `{account}` in the place of accounts or not. */
export function isRoleArn(text: string): boolean {
  return roleForm.test(text.replaceAll("{account}", "123456789012"));
}
