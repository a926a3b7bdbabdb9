import { openYaml } from "@cloudlink/yaml";
import type { Configuration } from "./configuration.ts";
import type { Origin } from "./examine-configuration.ts";

/** Beside the configurations and not in them: they are plain data. */
const origins = new WeakMap<Configuration, Origin>();

/** Notes which file a configuration comes from. */
export function rememberOrigin(configuration: Configuration, origin: Origin): void {
  origins.set(configuration, origin);
}

/** The file a configuration comes from; of one that was made otherwise, an empty one, so that its problems stand at 1:1. */
export async function originOf(configuration: Configuration): Promise<Origin> {
  const known = origins.get(configuration);
  if (known !== undefined) return known;
  const yaml = await openYaml({ source: "{}", file: "configuration", maxBytes: 2 });
  return { yaml, isReferred: () => false };
}
