import type { SandboxClock } from "./clock.ts";
import {
  type BucketSize,
  type RequestShape,
  requestBucketOf,
  resourceBucketOf,
  STS_BUCKET,
} from "./published-limits.ts";
import type { Service } from "./service.ts";
import { VendorError } from "./vendor-error.ts";

/** Whose tokens a request takes. */
export interface RequestPlace {
  readonly account: string;
  readonly region: string;
  readonly action: string;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * The token buckets of every account and region, full at first, on the sandbox's clock. They refill steadily; EC2 says only
 * that tokens are "added back to it every second".
 */
export class RateLimits {
  readonly #clock: SandboxClock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  /**
   * Takes the token of one request.
   *
   * @throws VendorError RequestLimitExceeded (EC2) or Throttling (STS); a refused request takes nothing.
   */
  takeRequest(place: RequestPlace & { readonly service: Service }, shape: RequestShape): void {
    const { account, region, action, service } = place;
    if (service === "sts") {
      if (!this.#take(`${account}/${region}/sts`, STS_BUCKET, 1)) throw throttled(service);
      return;
    }
    const { name, size } = requestBucketOf(action, shape);
    if (!this.#take(`${account}/${region}/${name}`, size, 1)) throw throttled(service);
  }

  /**
   * Takes a token for each resource that a request of EC2 changes, where EC2 counts them.
   *
   * @throws VendorError RequestLimitExceeded; a refused request takes none.
   */
  takeResources(place: RequestPlace, count: number): void {
    const { account, region, action } = place;
    const size = resourceBucketOf(action);
    if (size === undefined) return;
    if (!this.#take(`${account}/${region}/${action}/resources`, size, count)) throw throttled("ec2");
  }

  #take(key: string, size: BucketSize, count: number): boolean {
    const nowMs = this.#clock.now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: size.capacity, atMs: nowMs };
      this.#buckets.set(key, bucket);
    }
    // A clock that a test sets back refills nothing and takes nothing away.
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(size.capacity, bucket.tokens + (elapsedMs * size.perSecond) / 1000);
    bucket.atMs = nowMs;
    if (bucket.tokens < count) return false;
    bucket.tokens -= count;
    return true;
  }
}

/** EC2's and STS's answers to a caller that asks too often. */
export function throttled(service: Service): VendorError {
  return service === "ec2"
    ? new VendorError(503, "RequestLimitExceeded", "Request limit exceeded.")
    : new VendorError(400, "Throttling", "Rate exceeded");
}
