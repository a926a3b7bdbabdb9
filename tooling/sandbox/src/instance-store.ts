import type { SandboxClock } from "./clock.ts";
import { type InstanceSettings, type InstanceTruth, SandboxInstance } from "./instance.ts";
import type { InstanceStateName, Lifecycle } from "./lifecycle.ts";
import type { Transitions } from "./transitions.ts";

/** Which instances a test asks about; what is left out is not looked at. */
export interface InstanceQuery {
  readonly account?: string;
  readonly region?: string;
  readonly state?: InstanceStateName;
}

/** The instances that exist, with their true state at the clock's now, and the ways a test changes them. */
export interface InstancesControl {
  /** Those that match, in no order to rely on. */
  list(query?: InstanceQuery): InstanceTruth[];
  /** Undefined when there is none. */
  get(id: string): InstanceTruth | undefined;
  /** Adds an instance, or replaces the one of the same id. */
  put(settings: InstanceSettings): InstanceTruth;
  /**
   * Adds an instance as RunInstances does: pending, then running (unless the settings give another life), and, when it is
   * eventually consistent, unknown to EC2's API for `visibleAfterMs` of the clock: NotFound by its id, not in lists.
   */
  launch(settings: InstanceSettings, consistency?: { readonly visibleAfterMs?: number }): InstanceTruth;
  /** From now on the instance follows this; other tests' instances are not touched. RangeError when there is none. */
  follow(id: string, lifecycle: Lifecycle): InstanceTruth;
  /** From now on the instance is in this state until told otherwise. RangeError when there is none. */
  setState(id: string, state: InstanceStateName): InstanceTruth;
  /** Forgets the instance, as EC2 does an hour after a termination. False when there was none. */
  remove(id: string): boolean;
  readonly size: number;
}

interface StoreSettings {
  readonly seed: string;
  readonly clock: SandboxClock;
  readonly defaultAccount: string;
  readonly transitions: Transitions;
}

/** All instances, by id and by place; each place in the one order that its lists have. */
export class InstanceStore implements InstancesControl {
  readonly #settings: StoreSettings;
  readonly #byId = new Map<string, SandboxInstance>();
  readonly #byPlace = new Map<string, Set<SandboxInstance>>();
  readonly #ordered = new Map<string, readonly SandboxInstance[]>();
  /** Launched, and not yet known to the API. */
  readonly #hidden = new Set<SandboxInstance>();
  #ordinal = 0;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The instance of this id, if this account owns it in this region and the API knows it yet. */
  find(place: { account: string; region: string }, id: string): SandboxInstance | undefined {
    const instance = this.#byId.get(id);
    if (instance?.settings.account !== place.account || instance.settings.region !== place.region) return undefined;
    return this.#isHidden(instance) ? undefined : instance;
  }

  /** Everything in one account and region that the API knows, in list order. */
  at(place: { account: string; region: string }): readonly SandboxInstance[] {
    const key = placeKey(place);
    let ordered = this.#ordered.get(key);
    if (ordered === undefined) {
      ordered = [...(this.#byPlace.get(key) ?? [])].sort(byPosition);
      this.#ordered.set(key, ordered);
    }
    return this.#hidden.size === 0 ? ordered : ordered.filter((instance) => !this.#isHidden(instance));
  }

  #isHidden(instance: SandboxInstance): boolean {
    if (!this.#hidden.has(instance)) return false;
    if (this.#settings.clock.now() < instance.visibleFromMs) return true;
    this.#hidden.delete(instance);
    return false;
  }

  list(query: InstanceQuery = {}): InstanceTruth[] {
    const now = this.#settings.clock.now();
    return [...this.#byId.values()]
      .map((instance) => instance.truthAt(now))
      .filter(
        ({ account, region, state }) =>
          (query.account ?? account) === account &&
          (query.region ?? region) === region &&
          (query.state ?? state) === state,
      );
  }

  get(id: string): InstanceTruth | undefined {
    return this.#byId.get(id)?.truthAt(this.#settings.clock.now());
  }

  put(settings: InstanceSettings): InstanceTruth {
    return this.#add(settings, Number.NEGATIVE_INFINITY).truthAt(this.#settings.clock.now());
  }

  launch(settings: InstanceSettings, consistency: { readonly visibleAfterMs?: number } = {}): InstanceTruth {
    const { clock, transitions } = this.#settings;
    const { visibleAfterMs = 0 } = consistency;
    if (!Number.isFinite(visibleAfterMs) || visibleAfterMs < 0) {
      throw new RangeError(`visibleAfterMs ${visibleAfterMs}: give milliseconds, 0 or more`);
    }
    const nowMs = clock.now();
    const instance = this.#add({ launchedAtMs: nowMs, ...settings }, nowMs + visibleAfterMs);
    if (settings.state === undefined && settings.lifecycle === undefined) {
      const steps = [
        { fromMs: nowMs, state: "pending" },
        { fromMs: nowMs + transitions.pendingMs(instance.id), state: "running" },
      ] as const;
      instance.follow({ kind: "scripted", steps });
    }
    if (visibleAfterMs > 0) this.#hidden.add(instance);
    return instance.truthAt(nowMs);
  }

  #add(settings: InstanceSettings, visibleFromMs: number): SandboxInstance {
    const { seed, defaultAccount } = this.#settings;
    const ordinal = this.#ordinal++;
    const instance = new SandboxInstance(settings, { seed, account: defaultAccount, ordinal, visibleFromMs });
    this.remove(instance.id);
    const key = placeKey(instance.settings);
    const place = this.#byPlace.get(key) ?? new Set();
    this.#byPlace.set(key, place.add(instance));
    this.#byId.set(instance.id, instance);
    this.#ordered.delete(key);
    return instance;
  }

  follow(id: string, lifecycle: Lifecycle): InstanceTruth {
    const instance = this.#byId.get(id);
    if (instance === undefined) throw new RangeError(`no instance ${id} in the sandbox: put() it first`);
    instance.follow(lifecycle);
    return instance.truthAt(this.#settings.clock.now());
  }

  setState(id: string, state: InstanceStateName): InstanceTruth {
    return this.follow(id, { kind: "scripted", steps: [{ fromMs: this.#settings.clock.now(), state }] });
  }

  remove(id: string): boolean {
    const instance = this.#byId.get(id);
    if (instance === undefined) return false;
    const key = placeKey(instance.settings);
    this.#byPlace.get(key)?.delete(instance);
    this.#hidden.delete(instance);
    this.#ordered.delete(key);
    return this.#byId.delete(id);
  }
}

/** The order of every list. */
export function byPosition(a: SandboxInstance, b: SandboxInstance): number {
  if (a.position === b.position) return 0;
  return a.position < b.position ? -1 : 1;
}

function placeKey({ account, region }: { readonly account: string; readonly region: string }): string {
  return `${account}/${region}`;
}
