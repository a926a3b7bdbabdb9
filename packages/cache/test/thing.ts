import { createRef, createScope, defineKind, type Observation, type Ref, type Scope } from "@cloudlink/core";

export interface Thing {
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A kind with three views, from narrow to wide. */
export const Thing = kindNamed("test.Thing");

export function kindNamed(name: string) {
  return defineKind<Thing>()({
    name,
    major: 1,
    minor: 0,
    description: "A thing.",
    views: ["narrow", "standard", "wide"],
    defaultView: "standard",
    filters: [],
    actions: {},
    columns: { table: [], wide: [] },
    loadSchema: () => Promise.reject(new TypeError("no test asks for the schema of a thing")),
  });
}

/** Where a thing is, as far as a test cares. */
export interface ThingPlace {
  readonly provider?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly region?: string;
}

const HERE = { provider: "fake", partition: "-", account: "1", region: "north" };

export function thingRef(id: string, place: ThingPlace & { readonly kind?: string } = {}): Ref {
  return createRef({ ...HERE, kind: Thing.name, id, ...place });
}

export function thingScope(place: ThingPlace & { readonly tenant?: string; readonly role?: string } = {}): Scope {
  return createScope({ ...HERE, tenant: "acme", role: "reader", ...place });
}

export function observationOf(
  ref: Ref,
  seen: { readonly observedAt: number; readonly view?: string; readonly state?: string; readonly tags?: Thing["tags"] },
): Observation<Thing> {
  const { observedAt, view = "standard", state = "running", tags = {} } = seen;
  return { ref, view, observedAt, value: { state, tags } };
}
