import { z } from "zod";
import { isRoleArn, ROLE_ARN_HINT } from "./role-arn.ts";
import type { AwsSettings } from "./settings.ts";

const text = z.string().min(1);

function hasUserinfo(text: string): boolean {
  // What is no URL was said before.
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}

/** The same as {@link AwsSettings}, for settings that come from a file. */
export const awsSettingsSchema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .refine((text) => !hasUserinfo(text), "has a user or a password, and a URL is no place for either")
    .exactOptional(),
  regions: z.array(text).min(1).exactOptional(),
  profile: text.exactOptional(),
  roleArn: z.string().refine(isRoleArn, `is not the ARN of a role. ${ROLE_ARN_HINT}`).exactOptional(),
  externalId: text.exactOptional(),
  caFile: text.exactOptional(),
}) satisfies z.ZodType<AwsSettings>;
