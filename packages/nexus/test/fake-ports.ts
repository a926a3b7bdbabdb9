import type {
  AnswerSource,
  Cache,
  CacheEntry,
  CacheNamespace,
  CachePlace,
  CacheRead,
  CacheSelection,
  CallRecord,
  CredentialBroker,
  Events,
  FreshnessBounds,
  Lease,
  Observation,
  ResourceEvent,
  Telemetry,
} from "@cloudlink/core";
import { freezeDeep, noCache, noTelemetry } from "@cloudlink/core";

/** A look at a fake cache, and where. */
export type FakeLook = CacheRead & CachePlace;

/** What a fake cache has: an observation, as old as the test says, or of this instant. */
export interface FakeEntry {
  readonly observation: Observation<unknown>;
  readonly source: AnswerSource;
  readonly ageMs?: number;
  readonly usual?: FreshnessBounds;
}

/** A cache of the test's that writes down what it was asked, in order. */
export interface FakeCache extends Cache {
  readonly looks: readonly FakeLook[];
  readonly stored: readonly Observation<unknown>[];
  /** Of each that was stored, whether its value was frozen by then. */
  readonly frozen: readonly boolean[];
  readonly steps: readonly ("look" | "begin" | "store" | "absent" | "acted" | "invalidate")[];
  readonly invalidated: readonly CacheSelection[];
  /** Refs of resources that were acted on. */
  readonly acted: readonly string[];
}

/** `look` gives what memory has, or a promise of what a level further away has. */
export function fakeCache(
  look: (read: FakeLook) => FakeEntry | undefined | Promise<FakeEntry | undefined> = () => undefined,
): FakeCache {
  const looks: FakeLook[] = [];
  const stored: Observation<unknown>[] = [];
  const frozen: boolean[] = [];
  const steps: ("look" | "begin" | "store" | "absent" | "acted" | "invalidate")[] = [];
  const invalidated: CacheSelection[] = [];
  const acted: string[] = [];
  const entryOf = (read: CacheRead, found: FakeEntry | undefined): CacheEntry | undefined => {
    if (found === undefined) return undefined;
    const { observation, source, ageMs = 0, usual = { maxAgeMs: 0 } } = found;
    freezeDeep(observation.value);
    return {
      observation,
      source,
      seenAt: read.nowMs - ageMs,
      usual,
      serves: () => false,
      isWorn: () => false,
      heldBy() {},
    };
  };
  const namespace = (place: CachePlace): CacheNamespace => {
    let further: Promise<CacheEntry | undefined> | undefined;
    return {
      mostListItems: 0,
      look(read) {
        steps.push("look");
        looks.push({ ...read, ...place });
        const found = look({ ...read, ...place });
        further = found instanceof Promise ? found.then((entry) => entryOf(read, entry)) : undefined;
        return found instanceof Promise ? undefined : entryOf(read, found);
      },
      lookFurther: () => further,
      kept: () => [],
      keptFurther: () => undefined,
      lookList: () => undefined,
      siblings: () => [],
      acted({ ref }) {
        steps.push("acted");
        acted.push(ref.key);
      },
      beginFill() {
        steps.push("begin");
        return {
          isCurrent: () => true,
          store(observation) {
            steps.push("store");
            stored.push(observation);
            frozen.push(Object.isFrozen(observation.value));
          },
          storeAbsent() {
            steps.push("absent");
          },
          storeList() {},
          [Symbol.dispose]() {},
        };
      },
    };
  };
  return {
    looks,
    stored,
    frozen,
    steps,
    invalidated,
    acted,
    namespace,
    invalidate(selection) {
      steps.push("invalidate");
      invalidated.push(selection);
      return 0;
    },
    applied() {},
    use: () => noCache.use(),
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
