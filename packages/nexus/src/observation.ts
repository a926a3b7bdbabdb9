import {
  type CacheFill,
  type Clock,
  CloudLinkError,
  type FreshnessBounds,
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
import type { KernelCall } from "./kernel-call.ts";
import { providerFault } from "./provider-fault.ts";

/** What an observation has to be to be taken for an answer. */
export interface Expectation {
  readonly call: KernelCall;
  readonly provider: Provider;
  readonly kind: Kind;
  readonly scope: Scope;
  readonly view: string;
  /** The resource that was asked for; any of the scope if left out. */
  readonly ref?: Ref;
  /** By how much the source may lag: what the caller takes. Any lag if left out; it is on the answer then. */
  readonly maxLagMs?: number;
}

/**
 * By how much an `observedAt` may lie before the call or after now: the clock that a provider in another process, on another host, goes
 * by is not this one. A host that keeps time by NTP is well within a second; one that is not would make entries of caches live for ever.
 */
const CLOCK_SKEW_MS = 1_000;

/**
 * What a provider handed over, as the kernel takes it in: checked, its value frozen for good, and without the native body, which no
 * cache and no listener gets to see. A provider that mixes resources or scopes up, or passes what it knew before for what it sees, is
 * stopped here, before anything is kept of it.
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
  if (typeof value !== "object" || value === null) throw providerFault(provider, "it gave no value");
  checkInstant(observedAt, expected);
  checkLag(sourceLagMs, expected);
  freezeDeep(value);
  return Object.freeze({ ref, value, view, observedAt, ...(sourceLagMs !== undefined && { sourceLagMs }) });
}

function checkInstant(observedAt: unknown, { call, provider }: Expectation): void {
  if (typeof observedAt !== "number" || !Number.isFinite(observedAt)) {
    throw providerFault(provider, "it did not say when it observed the resource");
  }
  const { fromMs, toMs } = call.observedWithin();
  if (observedAt >= fromMs - CLOCK_SKEW_MS && observedAt <= toMs + CLOCK_SKEW_MS) return;
  const where =
    observedAt < fromMs
      ? `${Math.round(fromMs - observedAt)} ms before the call began`
      : `${Math.round(observedAt - toMs)} ms from now`;
  throw providerFault(
    provider,
    `it says that it observed the resource ${where}, and observedAt is when the request of this call was sent`,
  );
}

/** @throws `internal` (`ErrProviderFault`) for a source that lags by more than the caller takes. */
export function checkLag(
  sourceLagMs: unknown,
  { provider, maxLagMs }: Pick<Expectation, "provider" | "maxLagMs">,
): void {
  if (sourceLagMs === undefined) return;
  if (typeof sourceLagMs !== "number" || !Number.isFinite(sourceLagMs) || sourceLagMs < 0) {
    throw providerFault(provider, "sourceLagMs is a number of milliseconds, 0 or more, and it gave another");
  }
  if (maxLagMs === undefined || sourceLagMs <= maxLagMs) return;
  throw providerFault(
    provider,
    `it answered from a source that lags by ${sourceLagMs} ms, where the caller takes ${maxLagMs} ms, and its capability declares less`,
  );
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

/** What is declared of a source is so, whether or not what came of it says so too: it is kept, and must not serve who takes no lag. */
export function withDeclaredLag(
  observation: Observation<unknown>,
  declared: { readonly sourceLagMs?: number } | undefined,
): Observation<unknown> {
  const sourceLagMs = observation?.sourceLagMs ?? declared?.sourceLagMs;
  return sourceLagMs === undefined ? observation : { ...observation, sourceLagMs };
}

/** A live observation: the cache keeps it, unless it was invalidated meanwhile, and whoever listens hears of it. */
export function observed(
  kernel: Kernel,
  seen: {
    readonly scope: Scope;
    readonly fill: CacheFill;
    readonly observation: Observation<unknown>;
    /** How old it may be for a read that does not say. */
    readonly usual: FreshnessBounds;
  },
): void {
  const { scope, fill, observation, usual } = seen;
  const { ref } = observation;
  fill.store(observation, usual);
  kernel.events.publish({ type: "observed", scope, kind: ref.kind, ref: ref.key, observation });
}

/** Whether an error of a read is the vendor's word that the resource is absent; a broker or a directory may miss something else. */
export function isAbsence(error: unknown): boolean {
  return CloudLinkError.isInstance(error) && error.code === "not_found" && error.origin !== "credentials";
}

/** The vendor said that a resource is absent: the cache keeps that, unless it was invalidated meanwhile, and whoever listens hears of it. */
export function absent(
  kernel: Kernel,
  seen: { readonly scope: Scope; readonly fill: CacheFill; readonly ref: Ref },
): void {
  const { scope, fill, ref } = seen;
  fill.storeAbsent(ref);
  kernel.events.publish({ type: "absent", scope, kind: ref.kind, ref: ref.key });
}

/**
 * An action was sent to a resource, or has come to its end: what is kept of it is no longer so. Here that holds at once; when it settles, it does
 * wherever the cache is shared.
 */
export async function acted(
  kernel: Kernel,
  done: {
    readonly kind: Kind;
    readonly target: { readonly scope: Scope; readonly ref: Ref };
    readonly clock: Clock;
  },
): Promise<void> {
  const { kind, target, clock } = done;
  const { scope, ref } = target;
  await kernel.cache.namespace({ scope, kind }).acted({ ref, nowMs: clock.monotonicMs() });
}
