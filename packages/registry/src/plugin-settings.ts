import { CloudLinkError, type ProviderPlugin, quote, REDACTED, type SchemaIssue } from "@cloudlink/core";
import { printable } from "./printable.ts";
import { invalidSettings, providerFault } from "./registry-error.ts";

/** How many things that are wrong with settings one error tells. */
const MOST_ISSUES = 10;

/** Shorter values are words of any message rather than secrets; taking them out would leave no message. */
const SHORTEST_HIDDEN = 4;

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
  const message = printable(hideValues(String(issue.message), value));
  return path.length === 0 ? message : `${quote(path.map(String).join("."))}: ${message}`;
}

/** Some schema libraries repeat the value they refuse, and settings may hold secrets. */
function hideValues(message: string, value: unknown): string {
  let hidden = message;
  for (const leaf of leavesOf(value)) {
    if (leaf.length >= SHORTEST_HIDDEN) hidden = hidden.replaceAll(leaf, REDACTED);
  }
  return hidden;
}

function* leavesOf(value: unknown): Generator<string> {
  const open = [value];
  const seen = new Set<unknown>();
  for (let index = 0; index < open.length; index++) {
    const next = open[index];
    if (typeof next === "object" && next !== null) {
      if (!seen.has(next)) open.push(...Object.values(next));
      seen.add(next);
    } else if (next !== undefined) yield String(next);
  }
}
