import type { SandboxClock } from "./clock.ts";
import { type InstanceSettings, type InstanceTruth, SandboxInstance } from "./instance.ts";
import type { InstanceStateName, Lifecycle } from "./lifecycle.ts";

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
  /** From now on the instance follows this; other tests' instances are not touched. RangeError when there is none. */
  follow(id: string, lifecycle: Lifecycle): InstanceTruth;
  /** From now on the instance is in this state until told otherwise. RangeError when there is none. */
  setState(id: string, state: InstanceStateName): InstanceTruth;
  /** Forgets the instance, as EC2 does an hour after a termination. False when there was none. */
  remove(id: string): boolean;
  readonly size: number;
}

/** All instances, by id and by place; each place in the one order that its lists have. */
export class InstanceStore implements InstancesControl {
  readonly #settings: { readonly seed: string; readonly clock: SandboxClock; readonly defaultAccount: string };
  readonly #byId = new Map<string, SandboxInstance>();
  readonly #byPlace = new Map<string, Set<SandboxInstance>>();
  readonly #ordered = new Map<string, readonly SandboxInstance[]>();
  #ordinal = 0;

  constructor(settings: { seed: string; clock: SandboxClock; defaultAccount: string }) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The instance of this id, if this account owns it in this region. */
  find(place: { account: string; region: string }, id: string): SandboxInstance | undefined {
    const instance = this.#byId.get(id);
    return instance?.settings.account === place.account && instance.settings.region === place.region
      ? instance
      : undefined;
  }

  /** Everything in one account and region, in list order. */
  at(place: { account: string; region: string }): readonly SandboxInstance[] {
    const key = placeKey(place);
    let ordered = this.#ordered.get(key);
    if (ordered === undefined) {
      ordered = [...(this.#byPlace.get(key) ?? [])].sort(byPosition);
      this.#ordered.set(key, ordered);
    }
    return ordered;
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
    const { seed, clock, defaultAccount } = this.#settings;
    const instance = new SandboxInstance(settings, { seed, account: defaultAccount, ordinal: this.#ordinal++ });
    this.remove(instance.id);
    const key = placeKey(instance.settings);
    const place = this.#byPlace.get(key) ?? new Set();
    this.#byPlace.set(key, place.add(instance));
    this.#byId.set(instance.id, instance);
    this.#ordered.delete(key);
    return instance.truthAt(clock.now());
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
