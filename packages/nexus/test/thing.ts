import { createRef, defineKind, type Observation, type Ref } from "@cloudlink/core";

export interface Thing {
  readonly id: string;
  readonly state: string;
  readonly size?: { readonly name: string };
  readonly tags: Readonly<Record<string, string>>;
}

/** A kind that no provider package knows. */
export const Thing = defineKind<Thing>()({
  name: "test.Thing",
  major: 1,
  minor: 0,
  description: "A thing.",
  views: ["state", "standard", "health"],
  defaultView: "standard",
  filters: ["state", "size.name"],
  actions: {},
  columns: { table: [], wide: [] },
  loadSchema: () => Promise.reject(new TypeError("no test asks for the schema of a thing")),
});

/** Where a thing is, as far as a test cares. */
export interface ThingPlace {
  readonly provider?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly region?: string;
}

export function thingRef(id: string, place: ThingPlace = {}): Ref {
  const { provider = "fake", partition = "-", account = "1", region = "north" } = place;
  return createRef({ provider, partition, account, region, kind: Thing.name, id });
}

export function observationOf(
  ref: Ref,
  seen: { readonly value?: Partial<Thing>; readonly view?: string; readonly observedAt?: number } = {},
): Observation<Thing> {
  const { value, view = "standard", observedAt = 0 } = seen;
  return { ref, view, observedAt, value: { id: ref.id, state: "running", tags: {}, ...value } };
}
