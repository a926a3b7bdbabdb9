import {
  CONTRACT_VERSION,
  type Provider,
  type ProviderMetadata,
  type ProviderPlugin,
  type StandardSchema,
} from "@cloudlink/core";
import { z } from "zod";

/** A plugin that notes what happens to it. */
export interface TinyPlugin extends ProviderPlugin {
  /** What `create` was given, and `closed` for each provider that was closed. */
  readonly log: unknown[];
}

/** What {@link tinyPlugin} takes. */
export interface TinyPluginSettings {
  readonly name?: string;
  readonly schema?: StandardSchema;
  readonly metadata?: Partial<ProviderMetadata>;
  readonly create?: () => Provider;
}

const schema = z.strictObject({
  endpoint: z.string().optional(),
  size: z.int().max(9).optional(),
  on: z.boolean().optional(),
  nested: z.strictObject({ list: z.array(z.string()) }).optional(),
});

/** A plugin whose provider takes ambient leases with the parameters `profile`, `role`, and keys `id`, `key`, in the partitions `main` and `other`. */
export function tinyPlugin(settings: TinyPluginSettings = {}): TinyPlugin {
  const { name = "tiny" } = settings;
  const log: unknown[] = [];
  const provider: Provider = {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      name,
      version: "1.0.0",
      displayName: "Tiny",
      partitions: ["main", "other"],
      kinds: [],
      limits: [],
      hosts: [],
      credentials: { ambient: true, parameters: ["profile", "role"], keys: ["id", "key"] },
      ...settings.metadata,
    },
    kinds: [],
    identify: async () => ({ partition: "main", account: "1", principal: "me", regions: [] }),
    close: async () => void log.push("closed"),
  };
  return {
    log,
    contractVersion: CONTRACT_VERSION,
    name,
    version: "1.0.0",
    settingsSchema: settings.schema ?? schema,
    create(given) {
      log.push(given);
      return settings.create?.() ?? provider;
    },
  };
}
