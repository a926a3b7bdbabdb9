import {
  CloudLinkError,
  CONTRACT_VERSION,
  createRef,
  type DocumentedReason,
  errorOfAbort,
  type GetManyRequest,
  type KindHandler,
  type Lease,
  type ListBatch,
  type Observation,
  type Outcome,
  type Provider,
  type ProviderCall,
  type ProviderMetadata,
  type Ref,
} from "@cloudlink/core";
import { actionMetadata, createActions, unsentRequest } from "./actions.test-support.ts";
import { Bucket, type BucketStatus } from "./bucket.test-support.ts";
import { isMalformed, malformed, mismatch } from "./refusals.test-support.ts";
import {
  type Vendor,
  type VendorAnswer,
  type VendorBucket,
  type VendorQuestion,
  VendorRefusal,
} from "./vendor.test-support.ts";

const referenceMetadata: ProviderMetadata = {
  name: "memory",
  version: "1.2.3",
  displayName: "A cloud in memory",
  partitions: ["memory"],
  kinds: [
    {
      kind: Bucket.name,
      major: Bucket.major,
      regional: true,
      refTemplates: [{ template: "mem:{partition}:{region}:{account}:bucket:{id}" }],
      get: { operations: ["DescribeBuckets", "DescribeUsage"], views: ["standard", "usage"], native: true },
      getMany: { operations: ["DescribeBuckets", "DescribeUsage"], views: ["standard", "usage"], maxRefs: 25 },
      list: { operations: ["DescribeBuckets"], views: ["standard"], pushDown: ["state", "tags"], maxPageSize: 100 },
      actions: actionMetadata,
    },
  ],
  limits: [{ name: "reads", dimensions: ["account"], operations: ["DescribeBuckets"], burst: 10, refillPerSecond: 5 }],
  hosts: ["api.memory.example"],
  credentials: { ambient: false, parameters: [], keys: ["key"] },
};

type Seen = Observation<BucketStatus>;

/** A provider as the contract wants it, of a cloud in memory. */
export function createReferenceProvider(vendor: Vendor): Provider {
  const closing = new AbortController();
  const accounts = new WeakMap<Lease, string>();

  async function ask(call: ProviderCall, request: VendorQuestion, progress = unsentRequest()) {
    const { ctx, scope, lease, report } = call;
    ctx.throwIfDone();
    const key = lease.kind === "keys" ? (lease.keys.reveal().key ?? "") : "";
    const bounded = ctx.withSignal(closing.signal).withCancel();
    const observedAt = ctx.clock.nowMs();
    report.vendorRequest({ operation: request.operation });
    progress.isSent = true;
    try {
      const place = `${scope.account}/${scope.region}`;
      const answer = await vendor.send({ ...request, key, place, signal: bounded.signal });
      progress.status = 200;
      if (request.operation !== "Whoami" && answer.account !== scope.account) throw mismatch();
      return { answer: readable(answer), observedAt };
    } catch (error) {
      if (error instanceof VendorRefusal) progress.status = error.status;
      if (bounded.signal.aborted) throw errorOfAbort(bounded.signal.reason);
      throw explain(error);
    } finally {
      // The sources of the joined signal are let go of.
      bounded.cancel();
    }
  }

  /** Whose the credentials are; asked once a lease. */
  async function accountOf(call: ProviderCall): Promise<string> {
    const known = accounts.get(call.lease);
    if (known !== undefined) return known;
    const { answer } = await ask(call, { operation: "Whoami" });
    accounts.set(call.lease, answer.account);
    return answer.account;
  }

  function observe(call: ProviderCall, bucket: VendorBucket, seen: { view: string; observedAt: number }): Seen {
    const { provider, partition, account, region } = call.scope;
    const ref = createRef({ provider, partition, account, region, kind: Bucket.name, id: bucket.bucketId });
    return { ref, value: statusOf(bucket, seen.view), ...seen };
  }

  async function describe(call: ProviderCall, { refs, view }: GetManyRequest) {
    const ids = refs.map(({ id }) => id);
    const { answer, observedAt } = await ask(call, { operation: "DescribeBuckets", ids });
    if (view === "usage") await ask(call, { operation: "DescribeUsage", ids });
    return answer.buckets.map((bucket) => ({ seen: observe(call, bucket, { view, observedAt }), bucket }));
  }

  const handler: KindHandler<BucketStatus> = {
    kind: Bucket,
    ...createActions(ask, accountOf),
    async get(call, { ref, view, native }) {
      call.ctx.throwIfDone();
      if (isMalformed(ref)) throw malformed(ref);
      const [found] = await describe(call, { refs: [ref], view });
      if (found === undefined) throw absent(ref);
      return native ? { ...found.seen, native: found.bucket } : found.seen;
    },
    async getMany(call, { refs, view }) {
      call.ctx.throwIfDone();
      const asked = refs.filter((ref) => !isMalformed(ref));
      const found = asked.length === 0 ? [] : await describe(call, { refs: asked, view });
      return refs.map((ref): Outcome<Seen> => {
        if (isMalformed(ref)) return { ok: false, ref, error: malformed(ref) };
        const state = found.find(({ seen }) => seen.ref.key === ref.key)?.seen;
        return state === undefined ? { ok: false, ref, error: absent(ref) } : { ok: true, ref, state };
      });
    },
    async *list(call, { filter, pageSize, view, cursor }): AsyncGenerator<ListBatch<BucketStatus>> {
      const statuses = statusesOf(filter.where.state);
      let token = cursor;
      do {
        const { answer, observedAt } = await ask(call, {
          operation: "DescribeBuckets",
          pageSize: Math.min(pageSize, 100),
          labels: filter.tags,
          ...(statuses !== undefined && { statuses }),
          ...(token !== undefined && { token }),
        });
        token = answer.nextToken;
        yield {
          items: answer.buckets.map((bucket) => observe(call, bucket, { view, observedAt })),
          cursor: token ?? null,
        };
      } while (token !== undefined);
    },
  };
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: referenceMetadata,
    kinds: [handler],
    async identify(call) {
      const account = await accountOf(call);
      return { partition: call.scope.partition, account, principal: "someone", regions: [] };
    },
    async close() {
      closing.abort();
    },
  };
}

const statesOf = new Map<string, "open" | "locked">([
  ["OPEN", "open"],
  ["LOCKED", "locked"],
]);

/** The vendor's words for these states; `undefined` where it has words that this provider does not know. */
function statusesOf(states: readonly unknown[] | undefined): readonly string[] | undefined {
  if (states === undefined || states.includes("unknown")) return undefined;
  return [...statesOf].filter(([, state]) => states.includes(state)).map(([status]) => status);
}

function statusOf({ bucketId, status, size, labels, objectCount }: VendorBucket, view: string): BucketStatus {
  const { "display-name": name = bucketId, ...tags } = labels;
  const state = statesOf.get(status) ?? "unknown";
  return { name, state, bytes: size, tags, ...(view === "usage" && { objects: objectCount }) };
}

function readable(answer: VendorAnswer): VendorAnswer {
  if (Array.isArray(answer.buckets)) return answer;
  throw error({ reason: "ErrMalformedResponse", message: "The answer has no buckets." });
}

function explain(cause: unknown): CloudLinkError {
  if (CloudLinkError.isInstance(cause)) return cause;
  const { status, waitSeconds = 1 } = cause as VendorRefusal;
  switch (status) {
    case 401:
      return error({ reason: "ErrCredentialsInvalid", message: "The key is not known." });
    case 403:
      return error({ reason: "ErrPermissionDenied", message: "The key may not do this." });
    case 404:
      return error({ reason: "ErrResourceNotFound", message: "There is no such bucket." });
    case 409:
      return error({ reason: "ErrInvalidState", message: "The bucket is in another state." });
    case 410:
      return error({ reason: "ErrStalePageToken", message: "The list cannot go on. Begin again." });
    case 419:
      return error({ reason: "ErrCredentialsExpired", message: "The key has expired." });
    case 429:
      return error({
        reason: "ErrThrottled",
        message: "Slow down.",
        retry: { retryable: true, afterMs: waitSeconds * 1_000 },
      });
    default:
      return error({ reason: "ErrVendorUnavailable", message: `It failed (${status}).`, retry: { retryable: true } });
  }
}

interface Refusal {
  readonly reason: DocumentedReason;
  readonly message: string;
  readonly retry?: CloudLinkError["retry"];
  readonly ref?: string;
}

function error(refusal: Refusal): CloudLinkError {
  return new CloudLinkError({ origin: "vendor", ...refusal });
}

function absent(ref: Ref): CloudLinkError {
  return error({ reason: "ErrResourceNotFound", message: "There is no such bucket.", ref: ref.key });
}
