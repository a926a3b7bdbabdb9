/**
 * AWS's query protocol, as EC2 and STS speak it: an HTML form in, XML out. A list is flattened into the names,
 * `InstanceId.1=…&InstanceId.2=…`; a list of structures into `Filter.1.Name=…&Filter.1.Value.1=…`.
 */

/** The parameters of a request, by their flattened names. A name that repeats keeps its last value, as on AWS. */
export type QueryParameters = ReadonlyMap<string, string>;

/** Decodes `application/x-www-form-urlencoded`; an escape that is no UTF-8 is left as it came. */
export function decodeForm(form: string): Map<string, string> {
  const parameters = new Map<string, string>();
  if (form === "") return parameters;
  for (const pair of form.split("&")) {
    const equals = pair.indexOf("=");
    if (equals === -1) parameters.set(decodePart(pair), "");
    else parameters.set(decodePart(pair.slice(0, equals)), decodePart(pair.slice(equals + 1)));
  }
  return parameters;
}

function decodePart(part: string): string {
  const spaced = part.includes("+") ? part.replaceAll("+", " ") : part;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** The values of `name.1`, `name.2`, …, in the order of their numbers, whatever gaps there are between them. */
export function listOf(parameters: QueryParameters, name: string): string[] {
  const prefix = `${name}.`;
  const found: [index: number, value: string][] = [];
  for (const [key, value] of parameters) {
    if (!key.startsWith(prefix)) continue;
    const index = Number(key.slice(prefix.length));
    if (Number.isInteger(index)) found.push([index, value]);
  }
  return found.sort(([a], [b]) => a - b).map(([, value]) => value);
}

/** Whether anything of this list was sent, `name.1` or `name.1.…`. */
export function hasListOf(parameters: QueryParameters, name: string): boolean {
  const prefix = `${name}.`;
  for (const key of parameters.keys()) if (key.startsWith(prefix)) return true;
  return false;
}

/** The numbers N for which a parameter `name.N.…` was sent, ascending. */
export function indexesOf(parameters: QueryParameters, name: string): number[] {
  const prefix = `${name}.`;
  const indexes = new Set<number>();
  for (const key of parameters.keys()) {
    if (!key.startsWith(prefix)) continue;
    const index = Number(key.slice(prefix.length, key.indexOf(".", prefix.length)));
    if (key.includes(".", prefix.length) && Number.isInteger(index)) indexes.add(index);
  }
  return [...indexes].sort((a, b) => a - b);
}
