import { CONTRACT_VERSION, type ProviderPlugin } from "@cloudlink/core";
import { aws } from "./aws.ts";
import { metadata } from "./metadata.ts";
import type { AwsSettings } from "./settings.ts";

/** What a registry loads: the provider as a plugin. Settings are checked when they are given, and only then is their schema loaded. */
export const plugin: ProviderPlugin<AwsSettings> = {
  contractVersion: CONTRACT_VERSION,
  name: metadata.name,
  version: metadata.version,
  settingsSchema: {
    "~standard": {
      version: 1,
      vendor: "cloudlink",
      validate: async (value) =>
        await (await import("./settings.schema.ts")).awsSettingsSchema["~standard"].validate(value),
    },
  },
  create: aws,
};
