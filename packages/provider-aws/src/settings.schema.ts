import { z } from "zod";
import type { AwsSettings } from "./settings.ts";

const text = z.string().min(1);

/** The same as {@link AwsSettings}, for settings that come from a file. */
export const awsSettingsSchema = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).exactOptional(),
  regions: z.array(text).min(1).exactOptional(),
  profile: text.exactOptional(),
  roleArn: text.startsWith("arn:").exactOptional(),
  externalId: text.exactOptional(),
  caFile: text.exactOptional(),
}) satisfies z.ZodType<AwsSettings>;
