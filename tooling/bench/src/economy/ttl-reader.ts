import type { Fleet } from "./fleet.ts";
import type { Reader } from "./reader.ts";
import { REPLICAS, VENDOR_MS } from "./shape.ts";
import type { Tally } from "./tally.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** How long an answer is good for after it came, as with `set(key, value, ttl)`. */
const TTL_MS = 30_000;

/**
 * The peer: what the field's libraries do. An answer is good for a fixed time; who reads while none is there waits for the one request of
 * its replica (single-flight).
 */
export class TtlReader implements Reader {
  readonly #settings: TtlReaderSettings;
  /** By cache and machine: until when what is kept is good, and what it says. */
  readonly #goodUntil: Float64Array;
  readonly #isRunning: Uint8Array;
  /** By replica: how many wait for each machine that is asked for. */
  readonly #flights: readonly Map<number, number>[];
  #vendorCalls = 0;

  constructor(settings: TtlReaderSettings) {
    this.#settings = settings;
    const places = settings.machines * (settings.isShared ? 1 : REPLICAS);
    this.#goodUntil = new Float64Array(places);
    this.#isRunning = new Uint8Array(places);
    this.#flights = Array.from({ length: REPLICAS }, () => new Map());
  }

  read(machine: number, replica: number): undefined {
    const { clock, tally } = this.#settings;
    tally.reads += 1;
    const place = this.#placeOf(machine, replica);
    const atMs = clock.monotonicMs();
    if (atMs < (this.#goodUntil[place] ?? 0)) {
      tally.answered(machine, { isRunning: this.#isRunning[place] === 1, seenAt: this.#seenAt(place), atMs });
      return;
    }
    const flights = this.#flights[replica] as Map<number, number>;
    const waiting = flights.get(machine) ?? 0;
    flights.set(machine, waiting + 1);
    if (waiting === 0) this.#ask(machine, replica);
  }

  #ask(machine: number, replica: number): void {
    const { clock, fleet, tally } = this.#settings;
    this.#vendorCalls += 1;
    const seenAt = clock.monotonicMs();
    const isRunning = fleet.isRunning(machine, seenAt);
    const answer = () => {
      const atMs = clock.monotonicMs();
      const place = this.#placeOf(machine, replica);
      this.#goodUntil[place] = atMs + TTL_MS;
      this.#isRunning[place] = isRunning ? 1 : 0;
      const flights = this.#flights[replica] as Map<number, number>;
      for (let left = flights.get(machine) ?? 0; left > 0; left -= 1)
        tally.answered(machine, { isRunning, seenAt, atMs });
      flights.delete(machine);
    };
    clock.schedule(answer, { delayMs: VENDOR_MS });
  }

  #seenAt(place: number): number {
    return (this.#goodUntil[place] ?? 0) - TTL_MS - VENDOR_MS;
  }

  #placeOf(machine: number, replica: number): number {
    return this.#settings.isShared ? machine : replica * this.#settings.machines + machine;
  }

  settled(): undefined {}

  vendorCalls(): number {
    return this.#vendorCalls;
  }
}

export interface TtlReaderSettings {
  readonly clock: VirtualClock;
  readonly fleet: Fleet;
  readonly tally: Tally;
  readonly machines: number;
  /** One cache for all replicas, or one for each. */
  readonly isShared: boolean;
}
