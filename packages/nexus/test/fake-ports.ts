import type {
  Cache,
  CacheInvalidation,
  CacheRead,
  CallRecord,
  CredentialBroker,
  Events,
  Lease,
  Observation,
  ResourceEvent,
  Telemetry,
} from "@cloudlink/core";
import { noTelemetry } from "@cloudlink/core";

/** A cache of the test's that writes down what it was asked, in order. */
export interface FakeCache extends Cache {
  readonly looks: readonly CacheRead[];
  readonly stored: readonly Observation<unknown>[];
  /** Of each that was stored, whether its value was frozen by then. */
  readonly frozen: readonly boolean[];
  readonly steps: readonly ("look" | "begin" | "store" | "absent" | "invalidate")[];
  readonly invalidated: readonly CacheInvalidation[];
}

export function fakeCache(look: Cache["look"] = () => undefined): FakeCache {
  const looks: CacheRead[] = [];
  const stored: Observation<unknown>[] = [];
  const frozen: boolean[] = [];
  const steps: ("look" | "begin" | "store" | "absent" | "invalidate")[] = [];
  const invalidated: CacheInvalidation[] = [];
  return {
    looks,
    stored,
    frozen,
    steps,
    invalidated,
    look(read) {
      steps.push("look");
      looks.push(read);
      return look(read);
    },
    beginFill() {
      steps.push("begin");
      return {
        store(observation) {
          steps.push("store");
          stored.push(observation);
          frozen.push(Object.isFrozen(observation.value));
        },
        storeAbsent() {
          steps.push("absent");
        },
      };
    },
    invalidate(invalidation) {
      steps.push("invalidate");
      invalidated.push(invalidation);
    },
  };
}

export interface FakeEvents extends Events {
  readonly published: readonly ResourceEvent[];
}

export function fakeEvents(): FakeEvents {
  const published: ResourceEvent[] = [];
  return { published, publish: (event) => published.push(event) };
}

export interface FakeCredentials extends CredentialBroker {
  readonly taken: readonly Lease[];
  readonly refusals: readonly Lease[];
}

/** A broker that hands out the same lease for a scope until it is refused. */
export function fakeCredentials(): FakeCredentials {
  const taken: Lease[] = [];
  const refusals: Lease[] = [];
  const good = new Map<string, Lease>();
  return {
    taken,
    refusals,
    async lease(_ctx, scope) {
      const lease = good.get(scope.key) ?? { id: `lease-${taken.length}`, scope, kind: "ambient", parameters: {} };
      good.set(scope.key, lease);
      taken.push(lease);
      return lease;
    },
    refused(lease) {
      refusals.push(lease);
      if (good.get(lease.scope.key) === lease) good.delete(lease.scope.key);
    },
  };
}

export interface FakeTelemetry extends Telemetry {
  readonly calls: readonly CallRecord[];
  readonly delaysMs: readonly number[];
}

export function fakeTelemetry(overrides: Partial<Telemetry> = {}): FakeTelemetry {
  const calls: CallRecord[] = [];
  const delaysMs: number[] = [];
  return {
    ...noTelemetry,
    calls,
    delaysMs,
    call: (record) => calls.push(record),
    retry: ({ delayMs }) => delaysMs.push(delayMs),
    ...overrides,
  };
}
