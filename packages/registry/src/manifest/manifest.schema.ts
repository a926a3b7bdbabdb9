import { isKindName, isProviderName } from "@cloudlink/core";
import semver from "semver";
import { z } from "zod";
import { MANIFEST_API_VERSION, type PluginManifest } from "./plugin-manifest.ts";

// Messages of this schema are said of the field in question: `"version" <message>.`

/** The expression that https://semver.org suggests, at "Is there a suggested regular expression". */
const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

/** For editors, which read JSON Schema: what the parser takes is for core to say. A test holds the two together. */
const patterns = {
  providerName: "^[a-z][a-z0-9-]{0,62}$",
  kindName: "^[a-z][a-z0-9]{0,30}\\.[A-Z][A-Za-z0-9]{0,62}$",
} as const;

const contractVersion = /^v[1-9]\d{0,3}(?:(?:alpha|beta)[1-9]\d{0,3})?$/;

/** `./`, then names separated by single slashes, none of them `.` or `..`; backslashes separate on some systems. */
const pathInFolder = /^\.\/(?:(?!\.{1,2}\/)[^/\\\p{Cc}]+\/)*(?!\.{1,2}$)[^/\\\p{Cc}]+$/u;

const oneLine = /^\P{Cc}+$/u;
const severalLines = /^(?:\P{Cc}|\n)+$/u;

/** The longest version that the semver package takes, its MAX_LENGTH. */
const LONGEST_VERSION = 256;

const version = z
  .string()
  .regex(semanticVersion, { error: "is not a semantic version; write three numbers, such as 1.2.3", abort: true })
  .refine((text) => text.length <= LONGEST_VERSION && semver.valid(text) !== null, "has numbers that are too large")
  .describe("Semantic version of the plugin.");

const kind = z.strictObject({
  kind: z
    .string()
    .refine(isKindName, "is not a kind's name; write group.Name, such as compute.VirtualMachine")
    .meta({ pattern: patterns.kindName, description: "Name of the kind, such as compute.VirtualMachine." }),
  major: z.int().min(1).describe("Major version of the kind."),
  capabilities: z
    .array(z.enum(["get", "getMany", "list", "actions"]))
    .min(1)
    .superRefine(refuseRepeated((capability) => capability))
    .meta({ uniqueItems: true, description: "What the kind can be asked." }),
});

const moduleRuntime = z.strictObject({
  type: z.literal("module"),
  entry: z
    .string()
    .regex(pathInFolder, "is not a path inside the plugin's folder; write it as ./dist/index.js, without ..")
    .describe("The ES module whose default export is the ProviderPlugin."),
});

const processRuntime = z.strictObject({
  type: z.literal("process"),
  command: z.array(z.string().min(1)).min(1).describe("The program and its arguments."),
});

const remoteRuntime = z.strictObject({
  type: z.literal("remote"),
  address: z.string().regex(oneLine, "is not an address").describe("Where the plugin listens."),
});

export const manifestSchema = z
  .strictObject({
    apiVersion: z.literal(MANIFEST_API_VERSION),
    name: z
      .string()
      .refine(
        isProviderName,
        "is not a provider's name; it starts with a letter and has lower-case letters, digits and hyphens",
      )
      .meta({ pattern: patterns.providerName, description: "Name of the provider, as it stands in refs." }),
    version,
    displayName: z.string().regex(oneLine, "is not one line of text").exactOptional(),
    description: z.string().regex(severalLines, "has control characters, or is empty").exactOptional(),
    license: z.string().regex(oneLine, "is not one line of text").describe("SPDX expression.").exactOptional(),
    contract: z
      .array(z.string().regex(contractVersion, "is not a contract version; write v1alpha1"))
      .min(1)
      .superRefine(refuseRepeated((entry) => entry))
      .meta({ uniqueItems: true, description: "Versions of the provider contract that the plugin speaks." }),
    kinds: z
      .array(kind)
      .min(1)
      .superRefine(refuseRepeated((entry) => `${entry.kind} v${entry.major}`))
      .describe("The kinds that the plugin serves."),
    runtime: z
      .discriminatedUnion("type", [moduleRuntime, processRuntime, remoteRuntime])
      .describe("How the plugin runs."),
    settings: z
      .record(z.string(), z.json())
      .describe("What the provider is made with, where the program gives nothing else. No secrets.")
      .exactOptional(),
  })
  .meta({ title: "CloudLink plugin.yaml" }) satisfies z.ZodType<PluginManifest>;

/** The JSON Schema (draft 2020-12) that is published as `plugin.schema.json`. It cannot say all that the parser checks. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(manifestSchema, { target: "draft-2020-12", io: "input" });
}

function refuseRepeated<Item>(keyOf: (item: Item) => string) {
  return (items: readonly Item[], context: z.RefinementCtx<readonly Item[]>): void => {
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      const key = keyOf(item);
      if (seen.has(key)) context.addIssue({ code: "custom", path: [index], message: `repeats ${key}` });
      seen.add(key);
    }
  };
}
