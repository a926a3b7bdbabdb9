import { Secret } from "@cloudlink/core";
import { nameOfPath, type YamlFile, type YamlPath, type YamlProblem } from "@cloudlink/yaml";
import { isOpenSecret, isReference, isSecretPlace, nameOfReference, pathKey } from "./references.ts";
import { type ReferenceSources, type Resolved, resolveReference } from "./resolve-reference.ts";

/** A file's data with the values in place of its references. */
export interface ResolvedData {
  /** At the places of secrets there is a Secret; where a reference leads nowhere, an empty one or an empty text. */
  readonly value: unknown;
  /** What is wrong with references, and secrets that are none. */
  readonly problems: readonly YamlProblem[];
  /** Whether the value at this path comes from a reference, or is within such a place. */
  readonly isReferred: (path: YamlPath) => boolean;
  /** Whether there is a problem with this path already, so that others with the value that stands in for it say nothing. */
  readonly isFaulty: (path: YamlPath) => boolean;
}

/** Puts what references lead to in their place. Each variable and file is read once. */
export async function resolveReferences(yaml: YamlFile, sources: ReferenceSources): Promise<ResolvedData> {
  const resolver = new Resolver(yaml, sources);
  const value = await resolver.visit(yaml.value, []);
  return {
    value,
    problems: resolver.problems,
    isReferred: (path) => hasPrefixIn(resolver.referred, path),
    isFaulty: (path) => hasPrefixIn(resolver.faulty, path),
  };
}

class Resolver {
  readonly problems: YamlProblem[] = [];
  readonly referred = new Set<string>();
  readonly faulty = new Set<string>();
  readonly #yaml: YamlFile;
  readonly #sources: ReferenceSources;
  readonly #known = new Map<string, Promise<Resolved>>();

  constructor(yaml: YamlFile, sources: ReferenceSources) {
    this.#yaml = yaml;
    this.#sources = sources;
  }

  async visit(value: unknown, path: YamlPath): Promise<unknown> {
    const secret = isSecretPlace(path);
    if (isReference(value)) {
      const text = await this.#resolve(value, path);
      return secret ? new Secret(text) : text;
    }
    if (secret && isOpenSecret(path, value)) return new Secret(value);
    if (secret && value !== null) {
      this.#report(path, "is a secret; write { env: NAME } or { file: PATH } in its place, not the secret itself");
      return new Secret("");
    }
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [index, item] of value.entries()) items.push(await this.visit(item, [...path, index]));
      return items;
    }
    if (typeof value !== "object" || value === null) return value;
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) entries.push([key, await this.visit(item, [...path, key])]);
    return Object.fromEntries(entries);
  }

  async #resolve(reference: Parameters<typeof resolveReference>[0], path: YamlPath): Promise<string> {
    this.referred.add(pathKey(path));
    const key = JSON.stringify(reference);
    const known = this.#known.get(key) ?? resolveReference(reference, this.#sources);
    this.#known.set(key, known);
    const resolved = await known;
    if ("text" in resolved) return resolved.text;
    const name = nameOfReference(reference, { isConcealed: isSecretPlace(path) });
    this.#report(path, `has no value: ${name} ${resolved.problem}`);
    return "";
  }

  #report(path: YamlPath, message: string): void {
    this.faulty.add(pathKey(path));
    this.problems.push(this.#yaml.problem({ path, message: `${nameOfPath(path)} ${message}` }));
  }
}

function hasPrefixIn(paths: ReadonlySet<string>, path: YamlPath): boolean {
  if (paths.size === 0) return false;
  return path.some((_, index) => paths.has(pathKey(path.slice(0, index + 1))));
}
