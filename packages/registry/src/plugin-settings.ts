import { CloudLinkError, type ProviderPlugin, quote, type SchemaIssue } from "@cloudlink/core";
import { hideValues, printable } from "@cloudlink/yaml";
import { invalidSettings, providerFault } from "./registry-error.ts";

/** How many things that are wrong with settings one error tells. */
const MOST_ISSUES = 10;

/** The settings as the plugin's schema gives them. @throws `invalid_argument` (`ErrInvalidSettings`); `internal` (`ErrProviderFault`). */
export async function checkSettings(
  plugin: ProviderPlugin,
  settings: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const provider = plugin.name;
  try {
    const result = await plugin.settingsSchema["~standard"].validate(settings);
    if (result.issues === undefined) return result.value;
    const told = result.issues.slice(0, MOST_ISSUES).map((issue) => describe(issue, settings));
    const more = result.issues.length - told.length;
    if (more > 0) told.push(`and ${more} more`);
    throw invalidSettings(`The settings of the provider "${provider}" are not valid: ${told.join("; ")}.`);
  } catch (error) {
    throw CloudLinkError.isInstance(error)
      ? error
      : providerFault({ message: `The settings schema of the provider "${provider}" failed.`, provider, cause: error });
  }
}

function describe(issue: SchemaIssue, settings: unknown): string {
  const path = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  let value: unknown = settings;
  for (const step of path) {
    value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  }
  // Some schema libraries repeat the value they refuse, and settings may hold secrets.
  const message = printable(hideValues({ message: String(issue.message), value }));
  return path.length === 0 ? message : `${quote(path.map(String).join("."))}: ${message}`;
}
