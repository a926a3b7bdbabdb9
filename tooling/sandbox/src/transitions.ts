import { hash32, randomFrom } from "./random.ts";

/** How long an instance is between two states after an action, in milliseconds of the sandbox's clock. */
export interface TransitionSettings {
  /** From pending to running. Default: 15,000 to 60,000, following from the seed, the instance and how often it was acted on. */
  readonly pendingMs?: number;
  /** From stopping to stopped. Default: as `pendingMs`. */
  readonly stoppingMs?: number;
}

/** Tens of seconds, as on EC2 and as in the lives that instances have of their own. */
const DEFAULT_MIN_MS = 15_000;
const DEFAULT_SPREAD_MS = 45_000;

/** The lengths of the transitions of one sandbox: the same for the same seed and the same actions in the same order. */
export class Transitions {
  readonly #seed: string;
  readonly #settings: TransitionSettings;
  readonly #counts = new Map<string, number>();

  /** @throws RangeError for a length that is no number of milliseconds, 0 or more. */
  constructor(seed: string, settings: TransitionSettings) {
    for (const [name, value] of Object.entries(settings)) {
      if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
        throw new RangeError(`transitions.${name} ${String(value)}: give milliseconds, 0 or more`);
      }
    }
    this.#seed = seed;
    this.#settings = settings;
  }

  pendingMs(instanceId: string): number {
    return this.#settings.pendingMs ?? this.#invent(instanceId);
  }

  stoppingMs(instanceId: string): number {
    return this.#settings.stoppingMs ?? this.#invent(instanceId);
  }

  #invent(instanceId: string): number {
    const count = this.#counts.get(instanceId) ?? 0;
    this.#counts.set(instanceId, count + 1);
    const random = randomFrom(hash32(`${this.#seed}/transition/${instanceId}`), count);
    return DEFAULT_MIN_MS + Math.floor(random() * DEFAULT_SPREAD_MS);
  }
}
