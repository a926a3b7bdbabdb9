import type { YamlPath, YamlValueProblem } from "@cloudlink/yaml";

/** A number as YAML and JSON write it. */
const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The value with numbers and booleans in place of the texts that references led to, where a schema wanted those; `undefined` where
 * there is nothing to convert. Variables and files hold text alone.
 *
 * @param problems - what the schema said of `value`.
 * @param at - where in the file `value` stands: paths of problems begin with it.
 */
export function convertReferred(
  value: unknown,
  {
    problems,
    at,
    isReferred,
  }: {
    readonly problems: readonly YamlValueProblem[];
    readonly at: YamlPath;
    readonly isReferred: (path: YamlPath) => boolean;
  },
): { readonly value: unknown } | undefined {
  let result = value;
  for (const { path, wanted } of problems) {
    if (wanted !== undefined && isReferred(path)) {
      result = replaceAt(result, path.slice(at.length), (text) => convert(text, wanted));
    }
  }
  return result === value ? undefined : { value: result };
}

function convert(text: unknown, wanted: "number" | "boolean"): unknown {
  if (typeof text !== "string") return text;
  if (wanted === "number") {
    return numberForm.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return text === "true" || text === "false" ? text === "true" : text;
}

/** A copy along the path; the same value if nothing changes. */
function replaceAt(value: unknown, path: YamlPath, change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return value;
  const before = (value as Readonly<Record<PropertyKey, unknown>>)[step];
  const after = replaceAt(before, rest, change);
  if (after === before) return value;
  if (Array.isArray(value)) return value.with(Number(step), after);
  return { ...value, [step]: after };
}
