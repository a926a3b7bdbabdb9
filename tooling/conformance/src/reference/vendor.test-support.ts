import type { HeldVendor, VendorFault } from "../harness.ts";

/** A bucket as the vendor describes it. */
export interface VendorBucket {
  readonly bucketId: string;
  readonly status: string;
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly objectCount: number;
}

export type VendorAction = "LockBucket" | "EmptyBucket";

export interface VendorRequest {
  readonly operation: "Whoami" | "DescribeBuckets" | "DescribeUsage" | VendorAction;
  /** Of an action: only whether it would be allowed. */
  readonly isTrial?: boolean;
  readonly key: string;
  readonly place: string;
  /** Only these; the absent are left out without a word. */
  readonly ids?: readonly string[];
  readonly statuses?: readonly string[];
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  readonly pageSize?: number;
  readonly token?: string;
  readonly signal: AbortSignal;
}

/** What is asked of the vendor, but for who asks. */
export type VendorQuestion = Omit<VendorRequest, "key" | "place" | "signal">;

export interface VendorAnswer {
  readonly account: string;
  readonly buckets: readonly VendorBucket[];
  readonly nextToken: string | undefined;
}

/** How the vendor refuses. `status` 0 stands for a connection that broke. */
export class VendorRefusal extends Error {
  readonly status: number;
  readonly waitSeconds: number | undefined;

  constructor(status: number, message: string, waitSeconds?: number) {
    super(message);
    this.status = status;
    this.waitSeconds = waitSeconds;
  }
}

/** What the vendor does instead of answering: an error, or a broken body; before it has done what was asked, or after. */
interface Trouble {
  readonly answer: () => VendorAnswer;
  readonly when: "before" | "after";
}

/** How long a bucket is being locked. */
const LOCKING_MS = 3_000;

interface Hold {
  readonly arrived: PromiseWithResolvers<void>;
  readonly clientGone: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** A cloud in memory, with accounts, keys, pages and faults. */
export class Vendor {
  readonly #accounts = new Map<string, string>();
  readonly #refusedKeys = new Map<string, VendorRefusal>();
  readonly #buckets = new Map<string, VendorBucket[]>();
  /** Until when buckets are being locked. */
  readonly #locks = new Map<string, number>();
  readonly #done: string[] = [];
  #nowMs = 0;
  #requests = 0;
  #trouble: Trouble | undefined;
  #hold: Hold | undefined;

  /** How many requests have arrived. */
  get requests(): number {
    return this.#requests;
  }

  addKey(key: string, owner: { readonly account: string; readonly refusal?: VendorRefusal }): void {
    this.#accounts.set(key, owner.account);
    if (owner.refusal !== undefined) this.#refusedKeys.set(key, owner.refusal);
  }

  put(place: string, bucket: VendorBucket): void {
    this.#buckets.set(place, [...(this.#buckets.get(place) ?? []), bucket]);
  }

  /** How often the action was carried out on the bucket. */
  carriedOut(operation: VendorAction, bucketId: string): number {
    return this.#done.filter((entry) => entry === `${operation} ${bucketId}`).length;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** From now on every request ends in this, until the fault is disposed of. */
  fail(
    answer: Trouble["answer"],
    options: { readonly when?: Trouble["when"]; readonly afterMs?: number } = {},
  ): VendorFault {
    const { when = "before", afterMs } = options;
    this.#trouble = { answer, when };
    return {
      ...(afterMs !== undefined && { afterMs }),
      [Symbol.asyncDispose]: async () => {
        this.#trouble = undefined;
      },
    };
  }

  hold(): HeldVendor {
    const hold: Hold = {
      arrived: Promise.withResolvers(),
      clientGone: Promise.withResolvers(),
      released: Promise.withResolvers(),
    };
    this.#hold = hold;
    const release = () => {
      this.#hold = undefined;
      hold.released.resolve();
    };
    return {
      arrived: hold.arrived.promise,
      clientGone: hold.clientGone.promise,
      release,
      [Symbol.asyncDispose]: async () => release(),
    };
  }

  async send(request: VendorRequest): Promise<VendorAnswer> {
    this.#requests += 1;
    request.signal.throwIfAborted();
    // What one holds, it holds of the requests that were there before it let go.
    const hold = this.#hold;
    if (hold !== undefined) await heldBack(hold, request.signal);
    else await new Promise((resolve) => setImmediate(resolve));
    request.signal.throwIfAborted();
    const trouble = this.#trouble;
    if (trouble?.when === "before") return trouble.answer();
    const account = this.#accounts.get(request.key);
    if (account === undefined) throw new VendorRefusal(401, "unknown key");
    const refusal = this.#refusedKeys.get(request.key);
    if (refusal !== undefined) throw refusal;
    const answer = { account, ...this.#perform(request, account) };
    return trouble === undefined ? answer : trouble.answer();
  }

  #perform(request: VendorRequest, account: string): Pick<VendorAnswer, "buckets" | "nextToken"> {
    const { operation, isTrial = false } = request;
    if (operation !== "LockBucket" && operation !== "EmptyBucket") return this.#page(request, account);
    const [bucket] = this.#page(request, account).buckets;
    if (bucket === undefined) throw new VendorRefusal(404, "no such bucket");
    if (isTrial) return { buckets: [], nextToken: undefined };
    const { bucketId, status } = bucket;
    if (status === "MIGRATING" || (operation === "EmptyBucket" && status === "LOCKED")) {
      throw new VendorRefusal(409, "not in this state");
    }
    if (operation === "LockBucket" && status === "OPEN") this.#locks.set(bucketId, this.#nowMs + LOCKING_MS);
    this.#done.push(`${operation} ${bucketId}`);
    return this.#page(request, account);
  }

  #statusOf({ bucketId, status }: VendorBucket): string {
    const lockedAt = this.#locks.get(bucketId);
    if (lockedAt === undefined) return status;
    return lockedAt > this.#nowMs ? "LOCKING" : "LOCKED";
  }

  #page(request: VendorRequest, account: string): Pick<VendorAnswer, "buckets" | "nextToken"> {
    const { ids, statuses, labels = {}, pageSize = Number.POSITIVE_INFINITY, token } = request;
    if (request.operation === "Whoami") return { buckets: [], nextToken: undefined };
    const from = token === undefined ? 0 : Number(/^from-(\d+)$/.exec(token)?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) throw new VendorRefusal(410, "bad token");
    // Whatever place was asked about: the vendor knows its caller by the key.
    const all = [...this.#buckets]
      .flatMap(([place, list]) => (place.startsWith(`${account}/`) ? list : []))
      .map((bucket) => ({ ...bucket, status: this.#statusOf(bucket) }));
    const matching = all.filter(
      ({ bucketId, status, labels: own }) =>
        (ids?.includes(bucketId) ?? true) &&
        (statuses?.includes(status) ?? true) &&
        Object.entries(labels).every(([key, values]) => values.includes(own[key] ?? "")),
    );
    const until = from + pageSize;
    return { buckets: matching.slice(from, until), nextToken: until < matching.length ? `from-${until}` : undefined };
  }
}

async function heldBack({ arrived, clientGone, released }: Hold, signal: AbortSignal): Promise<void> {
  const left = Promise.withResolvers<void>();
  const leave = () => {
    clientGone.resolve();
    left.resolve();
  };
  signal.addEventListener("abort", leave, { once: true });
  arrived.resolve();
  await Promise.race([released.promise, left.promise]);
  signal.removeEventListener("abort", leave);
}
