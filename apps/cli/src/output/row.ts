import type { Answer, CallStats, Ref, ResourceState } from "@cloudlink/core";
import { durationText } from "../duration.ts";

/** One line of an answer, in a form that every output can write. */
export interface Row {
  /** What `-o name` prints: a text that names it in a later command. */
  readonly name: string;
  /** What the JSON and YAML forms hold. */
  readonly record: Readonly<Record<string, unknown>>;
  /** The value of a field, or `undefined`. */
  field(path: string): unknown;
}

/** A row of plain facts. */
export function plainRow(name: string, record: Readonly<Record<string, unknown>>): Row {
  return { name, record, field: (path) => fieldAt(record, path) };
}

/** Fields of a row beside those of the resource's value; a path that begins with none of these leads into `value`. */
export const rowFields = ["ref", "kind", "view", "freshness", "nativeId", "native", "value"] as const;

/** Behind an age: a newer observation was on its way. */
const REFRESHING = "↻";

/**
 * A resource as a row. Its fields are those of its value (`powerState`, `size.name`, `tags.Name`), and beside them
 * `ref` with its parts (`ref.account`), `kind`, `view`, `freshness.source`, `freshness.observedAt`, `freshness.ageMs`,
 * `freshness.refreshing`, `freshness.age` (for people: both of these in one), `nativeId` (the vendor's own: an ARN) and `native`.
 */
export function resourceRow(
  state: ResourceState<unknown> & Partial<Pick<Answer<unknown>, "native" | "traceId" | "stats">>,
  nativeIdOf: (ref: Ref) => string | undefined,
): Row {
  const { ref, value, view, freshness } = state;
  const { source, observedAt, ageMs, refreshing, sourceLagMs } = freshness;
  const record: Record<string, unknown> = {
    ref: ref.key,
    kind: ref.kind,
    value,
    view,
    freshness: {
      source,
      observedAt: new Date(observedAt).toISOString(),
      ageMs,
      refreshing,
      ...(sourceLagMs !== undefined && { sourceLagMs }),
    },
  };
  if (state.traceId !== undefined) record.traceId = state.traceId;
  if (state.stats !== undefined) record.stats = roundedStats(state.stats);
  if (state.native !== undefined) record.native = state.native;
  return {
    name: ref.key,
    record,
    field(path) {
      const [head = "", ...rest] = path.split(".");
      if (head === "ref" && rest.length > 0) return fieldAt(ref, rest.join("."));
      if (path === "nativeId") return nativeIdOf(ref);
      if (path === "freshness.age") return `${durationText(ageMs)}${refreshing ? ` ${REFRESHING}` : ""}`;
      const isRowField = (rowFields as readonly string[]).includes(head);
      return fieldAt(isRowField ? record : value, path);
    },
  };
}

/** What a call cost, its time in whole microseconds. */
export function roundedStats({ durationMs, ...counts }: CallStats): CallStats {
  return { ...counts, durationMs: Math.round(durationMs * 1_000) / 1_000 };
}

/**
 * The value at a path of names joined by dots. A name may hold dots itself, as tags do (`tags.aws:cloudformation.stack`):
 * the whole of what is left of the path is tried first. Own properties only.
 */
export function fieldAt(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path];
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const head = path.slice(0, dot);
    if (!Object.hasOwn(value, head)) continue;
    const found = fieldAt((value as Record<string, unknown>)[head], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A field's value as one text: what is no text or number is compact JSON, a list of plain values is joined by commas. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.join(",");
  return JSON.stringify(value);
}
