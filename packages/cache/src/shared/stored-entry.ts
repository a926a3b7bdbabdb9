import type { CachePlace, FreshnessBounds, Observation, Ref } from "@cloudlink/core";

/** What is stored of a resource, beside what the store knows by itself. */
export interface StoredEntry {
  readonly observation: Observation<unknown>;
  readonly usual: FreshnessBounds;
  /** Where the log of invalidations stood when its fetch began. */
  readonly logPosition: number;
}

/** Of the text below. What has another one is not read: a later version may mean something else by it. */
const FORMAT = 1;

type Fields = readonly [
  format: number,
  major: number,
  observedAt: number,
  view: string,
  sourceLagMs: number | null,
  usual: readonly [maxAgeMs: number, staleWhileRevalidateMs: number, staleIfErrorMs: number],
  logPosition: number,
  value: unknown,
];

/** JSON in an array: of what was measured (docs/decisions/0011-shared-cache.md), what V8 reads soonest, and what people can read too. `undefined` for what JSON has no words for. */
export function textOfEntry(
  { kind }: CachePlace,
  { observation, usual, logPosition }: StoredEntry,
): string | undefined {
  const { observedAt, view, sourceLagMs = null, value } = observation;
  const { maxAgeMs, staleWhileRevalidateMs = 0, staleIfErrorMs = 0 } = usual;
  const bounds = [maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs] as const;
  const fields: Fields = [FORMAT, kind.major, observedAt, view, sourceLagMs, bounds, logPosition, value];
  try {
    return JSON.stringify(fields);
  } catch {
    // A bigint, or something that holds itself: memory can keep it, and no text says it.
    return undefined;
  }
}

/** What the text says of `ref`, frozen; `undefined` for one that is not of this format, kind and version, or is broken. */
export function parseEntry(
  { kind }: CachePlace,
  { ref, text }: { readonly ref: Ref; readonly text: string },
): StoredEntry | undefined {
  try {
    const [format, major, observedAt, view, sourceLagMs, bounds, logPosition, value] = JSON.parse(text) as Fields;
    if (format !== FORMAT || major !== kind.major || !kind.views.includes(view)) return undefined;
    // JSON has no infinity; what has no end is null in it.
    const [maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs] = bounds.map(
      (bound) => bound ?? Number.POSITIVE_INFINITY,
    ) as [number, number, number];
    const observation = {
      ref,
      value: freezeParsed(value),
      view,
      observedAt,
      ...(sourceLagMs !== null && { sourceLagMs }),
    };
    return { observation, usual: { maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs }, logPosition };
  } catch {
    return undefined;
  }
}

/**
 * Freezes what was parsed a moment ago: a tree of which nothing is frozen yet, and that nobody else has. `freezeDeep` of core, which takes anything, remembers
 * what it froze, and takes as long as the parsing does.
 */
function freezeParsed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  // Before it is frozen: V8 goes through what is not in half the time. One that is too deep for the stack counts as broken.
  if (Array.isArray(value)) for (const child of value) freezeParsed(child);
  else for (const name in value) freezeParsed((value as Record<string, unknown>)[name]);
  return Object.freeze(value);
}
