export { createRegistry, type RegistrySettings } from "./create-registry.ts";
export { type ParseManifestOptions, parsePluginManifest } from "./manifest/parse-plugin-manifest.ts";
export type {
  JsonValue,
  ManifestCapability,
  ManifestKind,
  PluginManifest,
  PluginRuntime,
} from "./manifest/plugin-manifest.ts";
export type { LoadRequest, Registry } from "./registry.ts";
