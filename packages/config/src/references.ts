import { printable, type YamlPath } from "@cloudlink/yaml";

/** What stands in a file in place of a value: a variable of the environment, or a file. */
export type Reference = { readonly env: string } | { readonly file: string };

/** Whether a value of the file is a reference: a mapping of `env` or `file` alone, with a text. */
export function isReference(value: unknown): value is Reference {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  const [name, target] = entries[0] ?? [];
  return entries.length === 1 && (name === "env" || name === "file") && typeof target === "string";
}

/** Where secrets stand; `*` is any one step. */
const secretPlaces: readonly YamlPath[] = [
  ["server", "tokenKey"],
  ["accounts", "*", "credentials", "keys", "*"],
  ["redis", "url"],
  ["redis", "password"],
  ["redis", "sentinel", "password"],
  ["redis", "tls", "key"],
];

/** Whether what stands at a path of the file is a secret, and so must be a reference. */
export function isSecretPlace(path: YamlPath): boolean {
  return secretPlaces.some((place) => isAt(path, place));
}

/** Whether a value may be written at the place of a secret all the same: the address of a Redis, with no password in it. */
export function isOpenSecret(path: YamlPath, value: unknown): value is string {
  if (!isAt(path, ["redis", "url"]) || typeof value !== "string") return false;
  return !value.includes("@") || URL.parse(value)?.password === "";
}

function isAt(path: YamlPath, place: YamlPath): boolean {
  return path.length === place.length && place.every((step, index) => step === "*" || step === path[index]);
}

/** One text for a path, so that paths can be in a set. */
export function pathKey(path: YamlPath): string {
  return JSON.stringify(path);
}

/** The usual form of a variable's name: in capitals, which few secrets are. */
const variableForm = /^[A-Z_][A-Z0-9_]{0,63}$/;

/** What is a path at first sight. */
const pathForm = /^(?:\.{0,2}\/|[A-Za-z]:[\\/]).*[^/\\]$/;

/** A reference as messages call it. What does not look like a name may be a secret that was written in the wrong place; where secrets belong, anything may be. */
export function nameOfReference(
  reference: Reference,
  { isConcealed }: { readonly isConcealed: boolean } = { isConcealed: false },
): string {
  if ("env" in reference) {
    return !isConcealed && variableForm.test(reference.env)
      ? `the variable ${reference.env}`
      : "the variable that it names";
  }
  return !isConcealed && pathForm.test(reference.file)
    ? `the file ${printable(reference.file)}`
    : "the file that it names";
}
