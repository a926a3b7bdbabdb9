import type { KindCapabilities, Provider } from "@cloudlink/core";
import { encodeAdvice } from "./freshness-advice.ts";
import type { ProviderForm } from "./provider.schema.ts";

/** What is told of a provider: what it says of itself, and the version of the contract that it speaks. */
export interface ProviderDescription extends Pick<Provider, "metadata"> {
  readonly contractVersion: string;
}

/** The form of a provider. */
export function encodeProvider({ contractVersion, metadata }: ProviderDescription): ProviderForm {
  const { name, version, displayName, partitions, kinds, limits, hosts, credentials } = metadata;
  return {
    ...{ contractVersion, name, version, displayName },
    partitions: [...partitions],
    kinds: kinds.map(encodeCapabilities),
    limits: limits.map(({ name, dimensions, operations, burst, refillPerSecond }) => {
      return { name, dimensions: [...dimensions], operations: [...operations], burst, refillPerSecond };
    }),
    hosts: [...hosts],
    credentials: {
      ambient: credentials.ambient,
      parameters: [...credentials.parameters],
      keys: [...credentials.keys],
    },
  };
}

function encodeCapabilities(declared: KindCapabilities): ProviderForm["kinds"][number] {
  const { kind, major, regional, refTemplates, freshness, get, getMany, list, actions, sensitive } = declared;
  return {
    ...{ kind, major, regional },
    refTemplates: refTemplates.map(({ template, parts, ignoreCase }) => ({
      template,
      ...(parts !== undefined && { parts: { ...parts } }),
      ...(ignoreCase !== undefined && { ignoreCase }),
    })),
    ...(freshness !== undefined && { freshness: encodeAdvice(freshness) }),
    ...(get !== undefined && { get: writable(get) }),
    ...(getMany !== undefined && { getMany: writable(getMany) }),
    ...(list !== undefined && { list: writable(list) }),
    ...(actions !== undefined && {
      actions: Object.fromEntries(
        Object.entries(actions).map(([name, { follow, ...action }]) => [
          name,
          { ...writable(action), ...(follow !== undefined && { follow: writable(follow) }) },
        ]),
      ),
    }),
    ...(sensitive !== undefined && { sensitive: [...sensitive] }),
  };
}

type Writable<Value> = {
  -readonly [Name in keyof Value]: NonNullable<Value[Name]> extends readonly (infer Each)[] ? Each[] : Value[Name];
};

/** A copy with lists of its own. */
function writable<Value extends object>(value: Value): Writable<Value> {
  const entries = Object.entries(value).map(([name, field]) => [name, Array.isArray(field) ? [...field] : field]);
  return Object.fromEntries(entries) as Writable<Value>;
}
