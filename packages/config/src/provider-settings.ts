import { CloudLinkError, type ProviderPlugin, quote } from "@cloudlink/core";
import { nameOfPath, nearestWord, type YamlProblem } from "@cloudlink/yaml";
import type { Configuration } from "./configuration.ts";
import { convertReferred } from "./convert-referred.ts";
import type { Origin } from "./examine-configuration.ts";

/** A plugin, and settings that its schema made. */
export interface PreparedPlugin {
  readonly plugin: ProviderPlugin;
  readonly settings: unknown;
}

/** What {@link prepareProviders} looks at. */
export interface ProvidersSubject {
  readonly configuration: Configuration;
  readonly plugins: readonly ProviderPlugin[];
  readonly origin: Origin;
}

/** The plugins that a configuration asks for, each with its settings; what is wrong with those, or names none, is a problem. */
export async function prepareProviders({ configuration, plugins, origin }: ProvidersSubject) {
  const byName = pluginsByName(plugins);
  const prepared: PreparedPlugin[] = [];
  const problems: YamlProblem[] = [];
  for (const name of Object.keys(configuration.providers ?? Object.fromEntries(byName))) {
    const plugin = byName.get(name);
    if (plugin === undefined) {
      problems.push(unknownPlugin({ name, known: [...byName.keys()], origin }));
      continue;
    }
    const held = await holdSettings(plugin, { settings: configuration.providers?.[name] ?? {}, origin });
    if (held.problems !== undefined) problems.push(...held.problems);
    else prepared.push({ plugin, settings: held.value });
  }
  return { prepared, problems };
}

function pluginsByName(plugins: readonly ProviderPlugin[]): ReadonlyMap<string, ProviderPlugin> {
  const byName = new Map<string, ProviderPlugin>();
  for (const plugin of plugins) {
    if (byName.has(plugin.name)) {
      throw new CloudLinkError({
        reason: "ErrInvalidSettings",
        message: `There are two plugins of the name ${quote(plugin.name)}. Give one of them.`,
        origin: "caller",
      });
    }
    byName.set(plugin.name, plugin);
  }
  return byName;
}

function unknownPlugin(at: { readonly name: string; readonly known: readonly string[]; readonly origin: Origin }) {
  const { name, known, origin } = at;
  const meant = nearestWord(name, known);
  const advice = meant === undefined ? `it has ${known.join(", ") || "none"}` : `did you mean "${meant}"?`;
  const message = `this program has no provider ${quote(name)}; ${advice}`;
  return origin.yaml.problem({ path: ["providers"], key: name, message });
}

async function holdSettings(
  plugin: ProviderPlugin,
  { settings, origin }: { readonly settings: unknown; readonly origin: Origin },
) {
  const { yaml, isReferred } = origin;
  const at = ["providers", plugin.name];
  const hold = (value: unknown) =>
    yaml.hold({ schema: plugin.settingsSchema, title: nameOfPath(at), at, value, concealed: isReferred });
  try {
    const held = await hold(settings);
    const converted = held.problems && convertReferred(settings, { problems: held.problems, at, isReferred });
    return converted === undefined ? held : await hold(converted.value);
  } catch (error) {
    throw providerFault(`The settings schema of the provider ${quote(plugin.name)} failed.`, { plugin, cause: error });
  }
}

/** The error of a plugin that throws what is none of its own errors. Its message stays out of ours: nobody knows what is in it. */
export function providerFault(
  message: string,
  { plugin, cause }: { readonly plugin: ProviderPlugin; readonly cause: unknown },
): CloudLinkError {
  if (CloudLinkError.isInstance(cause)) return cause;
  return new CloudLinkError({ reason: "ErrProviderFault", message, origin: "plugin", provider: plugin.name, cause });
}
