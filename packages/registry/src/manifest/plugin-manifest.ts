/** The `apiVersion` of a plugin.yaml that this package reads. */
export const MANIFEST_API_VERSION = "cloudlink.dev/v1alpha1";

/** Name of the file that describes a plugin, in the plugin's folder. */
export const MANIFEST_FILE = "plugin.yaml";

/** The largest plugin.yaml: a hundred kinds with all that they declare take a quarter of it. */
export const LARGEST_MANIFEST_BYTES = 64 * 1024;

/** What a kind can be asked, in the words of a plugin.yaml. */
export type ManifestCapability = "get" | "getMany" | "list" | "actions";

/** A kind that a plugin serves. */
export interface ManifestKind {
  /** Name of the kind, such as `compute.VirtualMachine`. */
  readonly kind: string;
  readonly major: number;
  /** No two the same. */
  readonly capabilities: readonly ManifestCapability[];
}

/** How a plugin runs. */
export type PluginRuntime =
  /** An ES module in the caller's process; `entry` is a path within the plugin's folder that starts with `./`. */
  | { readonly type: "module"; readonly entry: string }
  /** A child process: a program and its arguments. Read, and not run yet. */
  | { readonly type: "process"; readonly command: readonly string[] }
  /** A plugin that runs elsewhere. Read, and not called yet. */
  | { readonly type: "remote"; readonly address: string };

/** A value of JSON. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * What a plugin.yaml says. Frozen.
 *
 * Invariant: no two `kinds` have the same kind and major, and `settings` is a tree of JSON values.
 */
export interface PluginManifest {
  readonly apiVersion: typeof MANIFEST_API_VERSION;
  /** Name of the provider, as it stands in refs. */
  readonly name: string;
  /** Semantic version of the plugin. */
  readonly version: string;
  readonly displayName?: string;
  readonly description?: string;
  /** SPDX expression, such as `Apache-2.0`. */
  readonly license?: string;
  /** Versions of the provider contract that the plugin speaks. */
  readonly contract: readonly string[];
  readonly kinds: readonly ManifestKind[];
  readonly runtime: PluginRuntime;
  /** What the provider is made with, where `load` is given nothing else. Not a place for secrets. */
  readonly settings?: { readonly [name: string]: JsonValue };
}
