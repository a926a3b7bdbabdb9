import { createRef, defineKind, type Observation, type ProviderCall, type Ref } from "@cloudlink/core";

export interface Thing {
  readonly id: string;
  readonly state: string;
  readonly size?: { readonly name: string };
  readonly health?: string;
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
  filters: ["state", "size.name", "health"],
  filterRules: { health: { fromView: "health" } },
  actions: {
    polish: { name: "polish", description: "Makes it shine.", idempotent: true },
    shake: { name: "shake", description: "Shakes it.", idempotent: false },
    paint: { name: "paint", description: "Gives it a colour; no provider does.", idempotent: true },
  },
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

/** What a provider of the test's saw; without an instant of its own, it gets that of the call by the call's clock. */
export type Seen = Omit<Observation<Thing>, "observedAt"> & { readonly observedAt?: number };

export function observationOf(
  ref: Ref,
  seen: { readonly value?: Partial<Thing>; readonly view?: string; readonly observedAt: number },
): Observation<Thing>;
export function observationOf(ref: Ref, seen?: { readonly value?: Partial<Thing>; readonly view?: string }): Seen;
export function observationOf(
  ref: Ref,
  seen: { readonly value?: Partial<Thing>; readonly view?: string; readonly observedAt?: number } = {},
): Seen {
  const { value, view = "standard", observedAt } = seen;
  const thing = { id: ref.id, state: "running", tags: {}, ...value };
  return { ref, view, value: thing, ...(observedAt !== undefined && { observedAt }) };
}

/** What was seen, at an instant: the one it has, or now by the call's clock. */
export function stamped({ ctx }: Pick<ProviderCall, "ctx">, seen: Seen): Observation<Thing> {
  // What is no observation at all is handed on as it is: it is the kernel's to refuse.
  if (typeof seen !== "object" || seen === null || "observedAt" in seen) return seen as Observation<Thing>;
  return { ...(seen as Seen), observedAt: ctx.clock.nowMs() };
}
