import { dirname, resolve } from "node:path";
import { CloudLinkError, freezeDeep } from "@cloudlink/core";
import { openYaml, printable, type YamlFile, type YamlPath, type YamlProblem } from "@cloudlink/yaml";
import type { Configuration } from "./configuration.ts";
import type { ConfigurationSource } from "./configuration-source.ts";
import { convertReferred } from "./convert-referred.ts";
import { crossCheck } from "./cross-checks.ts";
import { readRegularFile } from "./read-regular-file.ts";
import { sayUnreadable } from "./resolve-reference.ts";
import { resolveReferences } from "./resolve-references.ts";

/** Four times what the most tokens of a YAML file take, comments aside. */
const LARGEST_CONFIGURATION_BYTES = 256 * 1024;

/** What messages call a configuration without a path. */
const CONFIGURATION_FILE = "cloudlink.yaml";

/** The file a configuration comes from, for problems that show later. */
export interface Origin {
  readonly yaml: YamlFile;
  /** Whether the value at a path came from a variable or a file. */
  readonly isReferred: (path: YamlPath) => boolean;
}

/** What {@link examineConfiguration} finds: a configuration, if nothing is wrong. */
export interface Examined {
  readonly origin: Origin;
  /** By place. */
  readonly problems: readonly YamlProblem[];
  readonly configuration?: Configuration;
}

/** Reads a configuration and finds all that is wrong with it. @throws `invalid_argument` (`ErrInvalidSettings`) for a file that cannot be read, or is too large. */
export async function examineConfiguration(request: ConfigurationSource): Promise<Examined> {
  const { environment = process.env, readFile = readRegularFile, path } = request;
  const file = path === undefined ? CONFIGURATION_FILE : printable(path);
  const source = request.text ?? (await readSource({ path, file, readFile }));
  const yaml = await openYaml({ source, file, maxBytes: LARGEST_CONFIGURATION_BYTES, confidential: true });
  if (yaml.problems.length > 0) return { origin: { yaml, isReferred: () => false }, problems: yaml.problems };

  const folder = path === undefined ? process.cwd() : dirname(resolve(path));
  const { isReferred, ...resolved } = await resolveReferences(yaml, { environment, readFile, folder });
  const { configurationSchema } = await import("./configuration.schema.ts");
  const hold = (value: unknown) =>
    yaml.hold<Configuration>({
      schema: configurationSchema,
      title: "a cloudlink.yaml",
      value,
      concealed: isReferred,
    });
  let { value } = resolved;
  let held = await hold(value);
  const converted = held.problems && convertReferred(value, { problems: held.problems, at: [], isReferred });
  if (converted !== undefined) {
    value = converted.value;
    held = await hold(value);
  }
  const ofSchema = (held.problems ?? []).filter(({ path }) => !resolved.isFaulty(path));
  const ofParts = crossCheck({ yaml, value, concealed: isReferred });
  const problems = inOrder([...resolved.problems, ...ofSchema, ...ofParts]);
  const origin = { yaml, isReferred };
  if (held.problems !== undefined || problems.length > 0) return { origin, problems };
  return { origin, problems, configuration: freezeDeep(held.value) };
}

/** Problems by place, with nothing but their place and message. */
export function inOrder(problems: readonly YamlProblem[]): readonly YamlProblem[] {
  return problems
    .map(({ line, column, message }) => ({ line, column, message }))
    .sort((one, other) => one.line - other.line || one.column - other.column);
}

async function readSource({
  path,
  file,
  readFile,
}: {
  readonly path: string | undefined;
  readonly file: string;
  readonly readFile: NonNullable<ConfigurationSource["readFile"]>;
}): Promise<Uint8Array> {
  if (path === undefined || path === "") {
    throw unreadable("A configuration is given as the path of a cloudlink.yaml, or as its text.");
  }
  try {
    return await readFile({ path, maxBytes: LARGEST_CONFIGURATION_BYTES });
  } catch (error) {
    throw unreadable(`${file} ${sayUnreadable(error)}. Give the path of a cloudlink.yaml.`, error);
  }
}

function unreadable(message: string, cause?: unknown): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller", cause });
}
