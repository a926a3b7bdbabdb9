import {
  background,
  CloudLinkError,
  type Context,
  checkFreshnessBounds,
  createFlight,
  errorOfAbort,
  type Flight,
  type Freshness,
  type FreshnessBounds,
  freezeDeep,
} from "@cloudlink/core";
import { checkMemoryBounds, type MemoryBoundsSettings } from "./check-memory-bounds.ts";
import { Fence } from "./fence.ts";
import { FunctionEntry, type LoadedValue } from "./function-entry.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { sizeOf } from "./size-of.ts";

/** What {@link createCachedFunction} takes. The ages are for calls that do not say. */
export interface CachedFunctionSettings<Value> extends FreshnessBounds, MemoryBoundsSettings {
  /**
   * Loads the value for a key, on a context of its own: it has the tenant of the call that needed it first, `timeoutMs`, and is canceled
   * when nobody waits any more. What it gives is frozen, to its last part, since it answers many.
   */
  load(ctx: Context, key: string): Promise<Value>;
  /** How long a load may take, in milliseconds. 10,000 if left out. */
  readonly timeoutMs?: number;
  /** What a value can be invalidated by beside its key. */
  tagsOf?(value: Value, key: string): readonly string[];
}

/** What {@link CachedFunction.get} takes. What is left out is as the settings say. */
export interface CachedFunctionRequest extends Partial<FreshnessBounds> {
  readonly key: string;
}

/** A value, and how fresh it is. */
export interface CachedValue<Value> {
  readonly value: Value;
  readonly freshness: Freshness;
}

/** A function whose values are kept. */
export interface CachedFunction<Value> {
  /**
   * The value for a key, as old as the request allows. Calls that need the same at once share a load, if it began recently enough for each
   * of them; each leaves by its own context.
   *
   * @throws what `load` throws, which all who wait for it share, and nobody else; `deadline_exceeded`, `canceled` by the call's context;
   *   `invalid_argument` (`ErrInvalidRequest`) for a key that is no text or an age that is none.
   */
  get(ctx: Context, request: CachedFunctionRequest): Promise<CachedValue<Value>>;
  /**
   * Forgets the value of a key, all with a tag, or everything; of one tenant, or of all. A load that began before is not kept, however late it
   * ends. @returns how many values were let go.
   */
  invalidate(selection: { readonly tenant?: string; readonly key?: string; readonly tag?: string }): number;
}

/** What an invalidation goes by; of a value that is on its way, the tags are not known. */
type Invalidated = Pick<LoadedValue<unknown>, "tenant" | "key"> & { readonly tags: readonly string[] | undefined };

/** A load that runs. */
interface Load<Value> {
  readonly flight: Flight<FunctionEntry<Value>>;
  /** Over as soon as the load is to end, which is before it does. */
  readonly ctx: Context;
  /** When it began, on the monotonic clock, and what had been invalidated by then. */
  readonly beganAt: number;
  readonly since: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Keeps the values of any async function in this process's memory, apart for each tenant of a context.
 *
 * Invariants: a value answers if and only if its load began at or after `now − maxAgeMs`; an older one answers only within
 * `staleWhileRevalidateMs`, while another is loaded, or within `staleIfErrorMs`, when that failed; errors are not kept; what was invalidated
 * is not stored by a load that began before.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for bounds, ages or a timeout that are no positive numbers.
 */
export function createCachedFunction<Value>(settings: CachedFunctionSettings<Value>): CachedFunction<Value> {
  const { load, tagsOf = () => [], timeoutMs = TIMEOUT_MS } = settings;
  checkSettings(settings);
  const budget = new MemoryBudget(checkMemoryBounds(settings));
  const fence = new Fence<Invalidated>();
  const tenants = new Map<string, Map<string, FunctionEntry<Value>>>();
  const loads = new Map<string, Load<Value>>();

  function forget(entry: FunctionEntry<Value>): void {
    const { tenant, key } = entry.loaded;
    const its = tenants.get(tenant);
    if (its?.get(key) === entry) its.delete(key);
    if (its?.size === 0) tenants.delete(tenant);
  }

  function drop(entry: FunctionEntry<Value>): void {
    budget.remove(entry);
    entry.letGo();
  }

  function keep(entry: FunctionEntry<Value>, since: number): void {
    const { tenant, key, seenAt } = entry.loaded;
    if (!fence.passes(since, entry.loaded) || !budget.takes(entry.bytes)) return;
    const known = tenants.get(tenant)?.get(key);
    if (known !== undefined) {
      if (known.loaded.seenAt > seenAt) return;
      drop(known);
    }
    const its = tenants.get(tenant);
    if (its === undefined) tenants.set(tenant, new Map([[key, entry]]));
    else its.set(key, entry);
    budget.add(entry, tenant);
  }

  /** Begins a load. Whoever waits for it joins the flight. */
  function begin(caller: Context, key: string): Load<Value> {
    const { clock, tenant } = caller;
    const ctx = background({ clock }).withTenant(tenant).withTimeout(timeoutMs).withCancel();
    const flight = createFlight<FunctionEntry<Value>>({ abandoned: () => ctx.cancel() });
    const begun = { flight, ctx, beganAt: Math.floor(clock.monotonicMs()), since: fence.position };
    const observedAt = clock.nowMs();
    const place = placeOf(tenant, key);
    loads.set(place, begun);
    const run = async () => {
      try {
        const loaded = await Promise.race([(async () => await load(ctx, key))(), whenOver(ctx)]);
        const value = freezeDeep(loaded);
        const tags = [...tagsOf(value, key)];
        const entry = new FunctionEntry<Value>({ tenant, key, value, tags, observedAt, seenAt: begun.beganAt }, forget);
        entry.bytes = sizeOf(value) + sizeOf(key);
        keep(entry, begun.since);
        flight.land(entry);
      } catch (error) {
        flight.fail(error);
      } finally {
        if (loads.get(place) === begun) loads.delete(place);
        ctx.cancel();
      }
    };
    void run();
    return begun;
  }

  return {
    async get(ctx, request) {
      checkRequest(request);
      ctx.throwIfDone();
      const { key, maxAgeMs = settings.maxAgeMs } = request;
      const { staleWhileRevalidateMs = settings.staleWhileRevalidateMs ?? 0 } = request;
      const { staleIfErrorMs = settings.staleIfErrorMs ?? 0 } = request;
      const { tenant, clock } = ctx;
      const nowMs = Math.ceil(clock.monotonicMs());
      const running = loads.get(placeOf(tenant, key));
      const isCurrent =
        running !== undefined &&
        running.ctx.error() === undefined &&
        fence.passes(running.since, { tenant, key, tags: undefined });
      const kept = tenants.get(tenant)?.get(key);
      const ageMs = nowMs - (kept?.loaded.seenAt ?? Number.NEGATIVE_INFINITY);
      if (kept !== undefined && maxAgeMs > 0 && ageMs <= maxAgeMs) {
        return kept.answer({ nowMs, source: "memory", refreshing: running !== undefined });
      }
      if (kept !== undefined && staleWhileRevalidateMs > 0 && ageMs <= maxAgeMs + staleWhileRevalidateMs) {
        (isCurrent ? running : begin(ctx, key)).flight.hold();
        return kept.answer({ nowMs, source: "memory", refreshing: true });
      }
      // A live read joins nothing that has begun, not even at the same instant.
      const joins = isCurrent && maxAgeMs > 0 && nowMs - running.beganAt <= maxAgeMs;
      const joined = joins ? running : begin(ctx, key);
      try {
        const entry = await joined.flight.join(ctx);
        return entry.answer({ nowMs: Math.ceil(clock.monotonicMs()), source: "live", refreshing: false });
      } catch (error) {
        const isWanted = ctx.error()?.code !== "canceled" && staleIfErrorMs > 0;
        // By now: the load may have taken its time to fail.
        const lateMs = Math.ceil(clock.monotonicMs());
        if (!isWanted || !kept?.isKept || lateMs - kept.loaded.seenAt > maxAgeMs + staleIfErrorMs) throw error;
        return kept.answer({ nowMs: lateMs, source: "memory", refreshing: false });
      }
    },
    invalidate({ tenant, key, tag }) {
      const invalidates = (loaded: Invalidated) =>
        (tenant === undefined || tenant === loaded.tenant) &&
        (key === undefined || key === loaded.key) &&
        (tag === undefined || loaded.tags === undefined || loaded.tags.includes(tag));
      fence.add(invalidates);
      const entries = [...tenants.values()]
        .flatMap((its) => [...its.values()])
        .filter(({ loaded }) => invalidates(loaded));
      for (const entry of entries) drop(entry);
      return entries.length;
    },
  };
}

/** Neither can be cut another way to give the same. */
function placeOf(tenant: string, key: string): string {
  return JSON.stringify([tenant, key]);
}

/** A load that notices nothing is left behind. */
function whenOver({ signal }: Context): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(errorOfAbort(signal.reason)), { once: true });
  });
}

function checkSettings({
  maxAgeMs,
  timeoutMs = TIMEOUT_MS,
  ...settings
}: Partial<FreshnessBounds> & { readonly timeoutMs?: number }): void {
  const reason = "ErrInvalidSettings";
  if (maxAgeMs === undefined || !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    const message =
      "A cached function needs maxAgeMs, and a timeoutMs, if any, that is a positive number of milliseconds.";
    throw new CloudLinkError({ reason, message, origin: "caller" });
  }
  checkFreshnessBounds(reason, { ...settings, maxAgeMs });
}

function checkRequest(request: CachedFunctionRequest): void {
  if (typeof request?.key !== "string") {
    throw new CloudLinkError({
      reason: "ErrInvalidRequest",
      message: "get(ctx, { key }) takes the key as a text.",
      origin: "caller",
    });
  }
  checkFreshnessBounds("ErrInvalidRequest", request);
}
