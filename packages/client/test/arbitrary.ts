import {
  type Answer,
  type CallStats,
  CloudLinkError,
  createRef,
  type DryRun,
  errorCodes,
  type ListPage,
  type ListProblem,
  type ManyAnswer,
  type OperationRecord,
  type OperationStatus,
  type Outcome,
  type Ref,
  type ResourceState,
  type SharedUse,
} from "@cloudlink/core";
import type { CacheStats } from "@cloudlink/core/calls";
import fc from "fast-check";

/** Everything that a kernel may hand out, to be sent and read. */

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed());
const traceId = fc.stringMatching(/^[0-9a-f]{32}$/);
const amount = fc.double({ min: 0, max: 1e12, noNaN: true }).map(Math.abs);

const ref: fc.Arbitrary<Ref> = fc
  .record({
    provider: fc.constantFrom("aws", "attic"),
    partition: fc.constantFrom("-", "aws-cn"),
    account: word.filter((text) => !/^\.{1,2}$|\p{Cc}/u.test(text)),
    region: fc.constantFrom("-", "eu-west-1"),
    kind: fc.constantFrom("compute.VirtualMachine", "storage.Bucket"),
    id: word.filter((text) => !/^\.{1,2}$|\p{Cc}/u.test(text)),
  })
  .map(createRef);

/** JSON of any sort, with names that do harm where they are assigned. */
const json = fc.jsonValue({ maxDepth: 3 }).map(withoutNegativeZero);
const name = fc.oneof(fc.constantFrom("__proto__", "constructor", "toString", "then"), word);
const value = fc
  .array(fc.tuple(name, json), { maxLength: 5 })
  .map((entries): Record<string, unknown> => Object.fromEntries(entries));

/** JSON has no negative zero. */
function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const stats: fc.Arbitrary<CallStats> = fc.record({
  vendorCalls: fc.nat(),
  savedCalls: fc.nat(),
  retries: fc.nat(),
  durationMs: amount,
});

const freshness = fc.record(
  {
    source: fc.constantFrom("live", "memory", "redis", "event"),
    // The years that RFC 3339 can write.
    observedAt: fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11) }),
    ageMs: amount,
    refreshing: fc.boolean(),
    sourceLagMs: amount,
  },
  { requiredKeys: ["source", "observedAt", "ageMs", "refreshing"] },
);

const state: fc.Arbitrary<ResourceState<unknown>> = fc.record({ ref, value, view: word, freshness });

export const answer: fc.Arbitrary<Answer<unknown>> = fc.record(
  { ref, value, view: word, freshness, traceId, stats, native: json },
  { requiredKeys: ["ref", "value", "view", "freshness", "traceId", "stats"] },
);

export const error: fc.Arbitrary<CloudLinkError> = fc
  .record(
    {
      code: fc.constantFrom(...errorCodes),
      reason: fc.oneof(fc.constantFrom("ErrThrottled", "ErrResourceNotFound", "ErrInvalidState"), word),
      message: word,
      origin: fc.constantFrom("caller", "kernel", "cache", "credentials", "plugin", "vendor"),
      retry: fc.record({ retryable: fc.boolean(), afterMs: amount }, { requiredKeys: ["retryable"] }),
      effect: fc.constantFrom("none", "unknown", "done"),
      provider: word,
      operation: word,
      ref: word,
      traceId,
      details: fc
        .array(fc.tuple(name, word), { minLength: 1, maxLength: 4 })
        .map((entries) => Object.fromEntries(entries)),
    },
    { requiredKeys: ["code", "reason", "message", "origin", "retry"] },
  )
  .map((init) => new CloudLinkError(init));

const outcome: fc.Arbitrary<Outcome<ResourceState<unknown>>> = fc.oneof(
  fc.record({ ok: fc.constant(true as const), ref, state }),
  fc.record({ ok: fc.constant(false as const), ref, error }),
);

export const manyAnswer: fc.Arbitrary<ManyAnswer<unknown>> = fc.record({
  outcomes: fc.array(outcome, { maxLength: 5 }),
  traceId,
  stats,
});

const problem: fc.Arbitrary<ListProblem> = fc.record({
  provider: word,
  partition: word,
  account: word,
  region: word,
  error,
});

export const listPage: fc.Arbitrary<ListPage<unknown>> = fc.record({
  items: fc.array(state, { maxLength: 5 }),
  problems: fc.array(problem, { maxLength: 3 }),
  traceId,
  stats,
  nextPageToken: fc.option(word, { nil: undefined }),
});

const status: fc.Arbitrary<OperationStatus> = fc.oneof(
  fc.constant({ state: "done" } as const),
  fc.record(
    {
      state: fc.constant("running" as const),
      pollAfterMs: amount,
      progress: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs),
    },
    { requiredKeys: ["state", "pollAfterMs"] },
  ),
);

export const operation: fc.Arbitrary<OperationRecord> = fc.record({
  ref,
  action: word,
  idempotencyKey: word,
  token: word,
  status,
  replayed: fc.boolean(),
  traceId,
  stats,
});

export const dryRun: fc.Arbitrary<DryRun> = fc.record(
  {
    ref,
    action: word,
    allowed: fc.boolean(),
    denial: error,
    operations: fc.array(word, { maxLength: 3 }),
    principal: word,
    traceId,
    stats,
  },
  { requiredKeys: ["ref", "action", "allowed", "operations", "traceId", "stats"] },
);

export const kept: fc.Arbitrary<readonly ResourceState<unknown>[]> = fc.array(state, { maxLength: 3 });

const sharedUse: fc.Arbitrary<SharedUse> = fc.record({
  state: fc.constantFrom("up", "down"),
  trouble: fc.option(fc.constantFrom("it is full", "it cannot be reached"), { nil: undefined }),
  hears: fc.boolean(),
  untold: fc.nat(),
  hits: fc.nat(),
  misses: fc.nat(),
  followed: fc.nat(),
  stored: fc.nat(),
  refused: fc.nat(),
  failed: fc.nat(),
});

export const cacheStats: fc.Arbitrary<CacheStats> = fc.record(
  {
    entries: fc.nat(),
    bytes: fc.nat(),
    maxEntries: fc.nat(),
    maxBytes: fc.nat(),
    evicted: fc.nat(),
    invalidated: fc.nat(),
    outcomes: fc.record({
      hit: fc.nat(),
      stale: fc.nat(),
      miss: fc.nat(),
      collapsed: fc.nat(),
      batched: fc.nat(),
      refreshed: fc.nat(),
    }),
    shared: sharedUse,
  },
  { requiredKeys: ["entries", "bytes", "maxEntries", "maxBytes", "evicted", "invalidated", "outcomes"] },
);
