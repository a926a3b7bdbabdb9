import type { z } from "zod";
import { valueAt } from "./value-at.ts";

/** Wrappers and unions inside each other at one place; more than a schema has that somebody wrote. */
const MOST_WRAPPERS = 32;

/** The keys that the mapping at `path` of `value` may have, by a schema of zod that stands for the whole; none where any will do. */
export function knownKeysAt(
  schema: z.core.$ZodType,
  at: { readonly path: readonly PropertyKey[]; readonly value: unknown },
) {
  let schemas = unwrap(schema, at.value);
  for (const [index, step] of at.path.entries()) {
    const value = valueAt(at.value, at.path.slice(0, index + 1));
    schemas = schemas.flatMap((each) => childOf(each, step)).flatMap((each) => unwrap(each, value));
  }
  const keys = schemas.flatMap(({ _zod: { def } }) => (def.type === "object" ? Object.keys(def.shape) : []));
  return [...new Set(keys)];
}

type Schema = z.core.$ZodTypes;

function childOf({ _zod: { def } }: Schema, step: PropertyKey): readonly z.core.$ZodType[] {
  switch (def.type) {
    case "object": {
      const child = Object.hasOwn(def.shape, step) ? def.shape[String(step)] : def.catchall;
      return child === undefined ? [] : [child];
    }
    case "array":
      return [def.element];
    case "record":
      return [def.valueType];
    case "tuple": {
      const child = def.items[Number(step)] ?? def.rest;
      return child === null ? [] : [child];
    }
    default:
      return [];
  }
}

/** The schemas that a value may be held against: what a wrapper holds, and of a union those that the value can be meant for. */
function unwrap(schema: z.core.$ZodType, value: unknown, depth = 0): readonly Schema[] {
  if (depth > MOST_WRAPPERS) return [];
  const within = (inner: z.core.$ZodType) => unwrap(inner, value, depth + 1);
  const { def } = (schema as Schema)._zod;
  switch (def.type) {
    case "optional":
    case "nonoptional":
    case "nullable":
    case "default":
    case "prefault":
    case "readonly":
    case "catch":
      return within(def.innerType);
    case "lazy":
      return within(def.getter());
    case "pipe":
      return within(def.in);
    case "intersection":
      return [...within(def.left), ...within(def.right)];
    case "union":
      return optionsFor(def, value).flatMap(within);
    default:
      return [schema as Schema];
  }
}

/** Of a union by a discriminator, the options of the value's; of another, all. */
function optionsFor(def: z.core.$ZodUnionDef, value: unknown): readonly z.core.$ZodType[] {
  const options = def.options as readonly z.core.$ZodType[];
  if (!("discriminator" in def) || typeof def.discriminator !== "string") return options;
  const { discriminator } = def;
  const meant = valueAt(value, [discriminator]) as z.core.util.Primitive;
  return options.filter((option) => option._zod.propValues?.[discriminator]?.has(meant));
}
