import { pathToFileURL } from "node:url";
import { CloudLinkError, type Context, type Provider, type ProviderPlugin, quote, untilDone } from "@cloudlink/core";
import { type CheckedProvider, checkContract, checkProvider, declaredCapabilities } from "./check-provider.ts";
import { closeProvider } from "./close-provider.ts";
import { nameOfKind } from "./find-misdeclared.ts";
import type { PluginManifest } from "./manifest/plugin-manifest.ts";
import { openPluginFolder, type PluginFolder } from "./plugin-folder.ts";
import { checkSettings } from "./plugin-settings.ts";
import { providerFault } from "./registry-error.ts";

/** What {@link loadPlugin} takes. */
export interface LoadPluginRequest {
  readonly folder: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Looks at what the plugin.yaml says, and throws what keeps it from being loaded, before any of its code runs. */
  admit(manifest: PluginManifest): void;
}

/** Makes the provider that a folder's plugin.yaml describes. What it throws is what `Registry.load` throws. */
export async function loadPlugin(ctx: Context, request: LoadPluginRequest): Promise<CheckedProvider> {
  const folder = await step(ctx, () => openPluginFolder(request.folder));
  const { manifest, file } = folder;
  checkContract(manifest.contract, `The plugin "${manifest.name}" of ${file}`);
  const { runtime } = manifest;
  if (runtime.type !== "module") throw notYet(runtime.type, folder);
  request.admit(manifest);
  const entry = await step(ctx, () => folder.resolve(runtime.entry));
  const plugin = checkPlugin(await step(ctx, () => importDefault(entry, folder)), folder);
  const settings = await step(ctx, () => checkSettings(plugin, { ...manifest.settings, ...request.settings }));
  const checked = await createProvider(ctx, { plugin, settings });
  const differences = findDifferences(manifest, checked.provider);
  if (differences.length > 0) {
    await closeRefused(ctx, checked.provider);
    throw mismatch(differences, folder);
  }
  return checked;
}

/** Nothing of a plugin is begun for a caller that has left, and what cannot be stopped, such as an import, is not waited for. */
async function step<Result>(ctx: Context, work: () => Promise<Result>): Promise<Result> {
  ctx.throwIfDone();
  return await untilDone(ctx, work());
}

/** Closes a provider that is not taken after all. How that goes is no news beside the reason it was refused for. */
export async function closeRefused(ctx: Context, provider: unknown): Promise<void> {
  try {
    await untilDone(ctx, closeProvider(provider as Provider, ctx.clock));
  } catch {
    // The caller throws the reason of the refusal.
  }
}

async function importDefault(entry: string, { file, manifest }: PluginFolder): Promise<unknown> {
  try {
    const module: { readonly default?: unknown } = await import(/* @vite-ignore */ pathToFileURL(entry).href);
    return module.default;
  } catch (error) {
    const message = `The module of the plugin "${manifest.name}" (${file}) could not be imported.`;
    throw providerFault({ message, provider: manifest.name, cause: error });
  }
}

/** @throws `failed_precondition` for a contract that is not spoken here, or another name or version; `internal` for what is no plugin. */
function checkPlugin(value: unknown, folder: PluginFolder): ProviderPlugin {
  const { manifest, file } = folder;
  const who = `The default export of the plugin "${manifest.name}" (${file})`;
  const plugin = (typeof value === "object" && value !== null ? value : {}) as Partial<ProviderPlugin>;
  if (plugin.contractVersion !== undefined) checkContract([plugin.contractVersion], who);
  const complete =
    plugin.contractVersion !== undefined &&
    typeof plugin.create === "function" &&
    typeof plugin.settingsSchema?.["~standard"]?.validate === "function";
  if (!complete) {
    throw providerFault({
      message: `${who} is not a ProviderPlugin: it has contractVersion, name, version, settingsSchema and create().`,
      provider: manifest.name,
    });
  }
  const differences = findNameDifferences(manifest, plugin);
  if (differences.length > 0) throw mismatch(differences, folder);
  return plugin as ProviderPlugin;
}

async function createProvider(
  ctx: Context,
  { plugin, settings }: { readonly plugin: ProviderPlugin; readonly settings: unknown },
): Promise<CheckedProvider> {
  let provider: unknown;
  try {
    provider = plugin.create(settings);
  } catch (error) {
    const message = `create() of the provider "${plugin.name}" failed.`;
    throw CloudLinkError.isInstance(error) ? error : providerFault({ message, provider: plugin.name, cause: error });
  }
  try {
    return checkProvider(provider);
  } catch (error) {
    await closeRefused(ctx, provider);
    throw error;
  }
}

function findNameDifferences(
  manifest: PluginManifest,
  code: { readonly name?: unknown; readonly version?: unknown },
): readonly string[] {
  return (["name", "version"] as const)
    .filter((field) => manifest[field] !== code[field])
    .map((field) => `the ${field} is ${quote(manifest[field])} there and ${quote(code[field])} in the code`);
}

function findDifferences(manifest: PluginManifest, { metadata }: Provider): readonly string[] {
  const differences = [...findNameDifferences(manifest, metadata)];
  const inCode = new Map(metadata.kinds.map((kind) => [nameOfKind(kind), declaredCapabilities(kind).join(", ")]));
  for (const { kind, major, capabilities } of manifest.kinds) {
    const key = `${kind} v${major}`;
    const code = inCode.get(key);
    inCode.delete(key);
    // The order of get, getMany, list, actions, as in the code.
    const file = capabilityOrder.filter((capability) => capabilities.includes(capability)).join(", ");
    if (code === undefined) differences.push(`the kind ${key} is there and not in the code`);
    else if (code !== file) differences.push(`the kind ${key} can ${file} there and ${code || "nothing"} in the code`);
  }
  for (const key of inCode.keys()) differences.push(`the kind ${key} is in the code and not there`);
  return differences;
}

const capabilityOrder = ["get", "getMany", "list", "actions"] as const;

function mismatch(differences: readonly string[], { file, manifest }: PluginFolder): CloudLinkError {
  return new CloudLinkError({
    code: "failed_precondition",
    reason: "ErrPluginMismatch",
    message: `${file} does not describe the plugin that is there: ${differences.join("; ")}. Make the two say the same.`,
    origin: "plugin",
    provider: manifest.name,
  });
}

function notYet(type: string, { file, manifest }: PluginFolder): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrUnimplemented",
    message: `${file} asks for a plugin that runs as "${type}", and this version of @cloudlink/registry runs "module" only. Use a plugin that is an ES module, or a later version.`,
    origin: "kernel",
    provider: manifest.name,
  });
}
