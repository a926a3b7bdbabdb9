import type { Answer, Cache, Context, Ref, VirtualMachineStatus } from "@cloudlink/core";
import type { Random, Subjects } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";
import type { Fleet } from "./fleet.ts";
import { accountOf, createFleetVendor, type FleetVendor, machineRef } from "./fleet-provider.ts";
import type { Reader } from "./reader.ts";
import { type EconomyShape, machinesOf, REPLICAS, regionOf, tenantOf, VENDOR_MS } from "./shape.ts";
import type { Tally } from "./tally.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/**
 * What replicas have in common. `store`: each is a kernel of its own with a memory of its own, and behind those a level that they share, as over Redis.
 * `cache`: all have one cache in one memory. `kernel`: they are one kernel. `nothing`: a kernel and a cache each, as processes without Redis.
 */
export type Shared = "store" | "kernel" | "cache" | "nothing";

export interface KernelReaderSettings {
  readonly shape: EconomyShape;
  readonly clock: VirtualClock;
  readonly fleet: Fleet;
  readonly tally: Tally;
  readonly random: Random;
  readonly shared: Shared;
  /** Whether there is a cache at all. */
  readonly isCached: boolean;
  readonly maxAgeMs: number;
}

/** By how much an answer's age may be off: instants are told in fractions of milliseconds that add up. */
const ROUNDING_MS = 0.01;

/** A kernel holds a read back for 10 ms at the most, for others to come along; then it is the vendor that takes its time. */
const LONGEST_WAIT_MS = 10 + VENDOR_MS + ROUNDING_MS;

/** The subject: kernels as they are, with caches as they are, one a replica, on a vendor in the simulation's time. */
export class KernelReader implements Reader {
  readonly #settings: KernelReaderSettings;
  readonly #kind: Subjects["core"]["VirtualMachine"];
  readonly #vendor: FleetVendor;
  readonly #caches: readonly Cache[];
  readonly #kernels: readonly Nexus[];
  readonly #contexts: readonly Context[];
  readonly #refs: readonly Ref[];
  /** By the kernels' count, and by what the answers say that they took; nobody's answer took what is refreshed in the background. */
  #requests = 0;
  #accountedCalls = 0;
  /** Of a read that failed, or was answered by something too old. */
  #wrong: unknown;

  constructor({ core, nexus, cache }: Subjects, settings: KernelReaderSettings) {
    const { shape, clock, fleet, random, shared, isCached } = settings;
    this.#settings = settings;
    this.#kind = core.VirtualMachine;
    this.#vendor = createFleetVendor(core, { fleet, clock });
    const stores = cache.createLocalStores({ clock });
    const makeCache = () => {
      if (!isCached) return core.noCache;
      if (shared !== "store") return cache.createMemoryCache({ random: random.next });
      return cache.createSharedCache({ store: stores.connect(), clock, random: random.next });
    };
    const isOwn = shared === "nothing" || shared === "store";
    this.#caches = Array.from({ length: isOwn ? REPLICAS : 1 }, makeCache);
    const tenants = Array.from({ length: shape.sampledTenants }, (_, tenant) => `t${tenant}`);
    const accounts = tenants.map(accountOf);
    this.#kernels = Array.from({ length: shared === "kernel" ? 1 : REPLICAS }, (_, replica) =>
      nexus.createNexus({
        providers: [this.#vendor.provider],
        accounts,
        telemetry: {
          ...core.noTelemetry,
          vendorRequest: () => {
            this.#requests += 1;
          },
        },
        permission: { denial: ({ tenant }, { account }) => (account === tenant ? undefined : "not yours") },
        cache: this.#caches[replica % this.#caches.length] as Cache,
      }),
    );
    const background = core.background({ clock });
    this.#contexts = tenants.map((tenant) => background.withTenant(tenant));
    this.#refs = Array.from({ length: machinesOf(shape) }, (_, index) =>
      machineRef(core, { tenant: tenants[tenantOf(index)] as string, region: regionOf(index), index }),
    );
  }

  async read(machine: number, replica: number): Promise<void> {
    const { clock, tally, maxAgeMs } = this.#settings;
    const { answers } = tally;
    tally.reads += 1;
    const askedAt = clock.monotonicMs();
    const nexus = this.#kernels[replica % this.#kernels.length] as Nexus;
    const ctx = this.#contexts[tenantOf(machine)] as Context;
    const ref = this.#refs[machine] as Ref;
    nexus.get(ctx, { kind: this.#kind, ref, maxAgeMs }).then(
      (answer) => this.#answered(machine, { answer, askedAt }),
      (error: unknown) => {
        this.#wrong ??= error;
      },
    );
    // What memory answers has been heard of by the time this function goes on.
    await undefined;
    if (tally.answers === answers) await this.settled();
    if (this.#wrong !== undefined) throw this.#wrong;
  }

  #answered(
    machine: number,
    { answer, askedAt }: { readonly answer: Answer<VirtualMachineStatus>; readonly askedAt: number },
  ): void {
    const { clock, tally, maxAgeMs } = this.#settings;
    const { value, freshness, stats } = answer;
    this.#accountedCalls += stats.vendorCalls;
    if (freshness.observedAt < askedAt - maxAgeMs - ROUNDING_MS) {
      this.#wrong ??= new Error(
        `an answer was ${askedAt - freshness.observedAt} ms old, and ${maxAgeMs} were asked for`,
      );
    }
    const atMs = clock.monotonicMs();
    if (atMs - askedAt > LONGEST_WAIT_MS) {
      this.#wrong ??= new Error(`a read waited for ${atMs - askedAt} ms: time went on before it had left`);
    }
    tally.answered(machine, { isRunning: value.powerState === "running", seenAt: freshness.observedAt, atMs });
  }

  /**
   * A kernel waits for a turn of the real event loop before a read leaves, and what follows is one promise after the other. That turn comes
   * after the first of these, since it is asked for while promises are run that come before it; the third is there for good measure.
   */
  async settled(): Promise<void> {
    await turn();
    await turn();
    await turn();
  }

  vendorCalls(): number {
    const { calls } = this.#vendor;
    if (this.#requests !== calls || this.#accountedCalls > calls) {
      const counts = `the kernels count ${this.#requests} and the answers say ${this.#accountedCalls}`;
      throw new Error(`the vendor saw ${calls} calls, ${counts}`);
    }
    for (const cache of this.#caches) {
      if (cache.use().evicted > 0) throw new Error("a cache was too small for the fleet");
    }
    return calls;
  }

  async close(): Promise<void> {
    for (const nexus of this.#kernels) await nexus.close();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
