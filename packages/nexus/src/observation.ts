import {
  type CacheFill,
  freezeDeep,
  isRef,
  type Kind,
  type Observation,
  type Provider,
  type Ref,
  type Scope,
  viewCovers,
} from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import { providerFault } from "./provider-fault.ts";

/** What an observation has to be to be taken for an answer. */
export interface Expectation {
  readonly provider: Provider;
  readonly kind: Kind;
  readonly scope: Scope;
  readonly view: string;
  /** The resource that was asked for; any of the scope if left out. */
  readonly ref?: Ref;
}

/**
 * What a provider handed over, as the kernel takes it in: checked, its value frozen for good, and without the native body, which no
 * cache and no listener gets to see. A provider that mixes resources or scopes up is stopped here, before anything is kept of it.
 *
 * @throws `internal` (`ErrProviderFault`).
 */
export function acceptObservation(
  { ref, value, view, observedAt, sourceLagMs }: Observation<unknown>,
  expected: Expectation,
): Observation<unknown> {
  const { provider, kind } = expected;
  if (!isRef(ref) || !isOf(ref, expected)) throw providerFault(provider, "it answered for another resource");
  if (!viewCovers(kind, { held: view, wanted: expected.view })) {
    throw providerFault(provider, `it was asked for the view "${expected.view}" and gave a narrower one`);
  }
  if (!Number.isFinite(observedAt)) throw providerFault(provider, "it did not say when it observed the resource");
  freezeDeep(value);
  return Object.freeze({ ref, value, view, observedAt, ...(sourceLagMs !== undefined && { sourceLagMs }) });
}

function isOf(ref: Ref, { ref: asked, scope, kind }: Expectation): boolean {
  if (asked !== undefined) return ref.key === asked.key;
  return (
    ref.region === scope.region &&
    ref.account === scope.account &&
    ref.partition === scope.partition &&
    ref.provider === scope.provider &&
    ref.kind === kind.name
  );
}

/** A live observation: the cache keeps it, unless it was invalidated meanwhile, and whoever listens hears of it. */
export function observed(
  kernel: Kernel,
  seen: { readonly scope: Scope; readonly fill: CacheFill; readonly observation: Observation<unknown> },
): void {
  const { scope, fill, observation } = seen;
  const { ref } = observation;
  fill.store(observation);
  kernel.events.publish({ type: "observed", scope, kind: ref.kind, ref: ref.key, observation });
}

/** The vendor said that a resource is absent: whoever listens hears of it. */
export function absent(kernel: Kernel, seen: { readonly scope: Scope; readonly ref: Ref }): void {
  const { scope, ref } = seen;
  kernel.events.publish({ type: "absent", scope, kind: ref.kind, ref: ref.key });
}
