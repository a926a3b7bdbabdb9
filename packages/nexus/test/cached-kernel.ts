import { setImmediate } from "node:timers/promises";
import { createMemoryCache } from "@cloudlink/cache";
import {
  background,
  type CacheOutcome,
  type CloudLinkError,
  type Context,
  type FreshnessAdvice,
  type ProviderCall,
  type Ref,
} from "@cloudlink/core";
import { createManualClock, type ManualClock } from "@cloudlink/core/testing";
import { createNexus, type Nexus, type NexusSettings } from "../src/index.ts";
import { fakeTelemetry } from "./fake-ports.ts";
import { type FakeProvider, type FakeProviderSettings, fakeProvider, untilAborted } from "./fake-provider.ts";
import { observationOf } from "./thing.ts";

/** Ten seconds; ten more while a newer answer is fetched; a minute more if none can be had. What changes is to be two seconds old at most. */
export const advice: FreshnessAdvice = {
  maxAgeMs: 10_000,
  staleWhileRevalidateMs: 10_000,
  staleIfErrorMs: 60_000,
  rules: [{ path: "state", words: ["stopping"], maxAgeMs: 2_000 }],
};

/** A call at the vendor's that the test answers. */
export interface HeldCall {
  /** Where it is: what it was called with. */
  readonly call: ProviderCall;
  answer(): void;
  fail(error: CloudLinkError): void;
}

/** A provider whose reads are answered when the test says so, or left when the kernel leaves them. */
export interface HoldingProvider extends FakeProvider {
  readonly held: readonly HeldCall[];
}

export function holdingProvider(settings: FakeProviderSettings = {}): HoldingProvider {
  const held: HeldCall[] = [];
  const hold = async (call: ProviderCall) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    held.push({ call, answer: resolve, fail: reject });
    const observedAt = call.ctx.clock.nowMs();
    await Promise.race([promise, untilAborted(call)]);
    return observedAt;
  };
  const provider = fakeProvider({
    async get(call, { ref, view }) {
      const observedAt = await hold(call);
      return observationOf(ref, { view, observedAt });
    },
    async getMany(call, { refs, view }) {
      const observedAt = await hold(call);
      return refs.map((ref) => ({ ok: true, ref, state: observationOf(ref, { view, observedAt }) }));
    },
    ...settings,
  });
  return { ...provider, held };
}

/** A kernel with the cache that users have, on a clock that the test moves. */
export interface CachedKernel {
  readonly nexus: Nexus;
  readonly clock: ManualClock;
  readonly ctx: Context;
  /** What telemetry was told, in its order. */
  readonly noted: readonly CacheOutcome[];
}

export function cachedKernel(provider: FakeProvider, settings: Partial<NexusSettings> = {}): CachedKernel {
  const noted: CacheOutcome[] = [];
  const clock = createManualClock();
  const nexus = createNexus({
    providers: [provider],
    // Ages without jitter.
    cache: createMemoryCache({ random: () => 0 }),
    telemetry: fakeTelemetry({ cache: (outcome) => noted.push(outcome) }),
    ...settings,
  });
  return { nexus, clock, ctx: background({ clock }), noted };
}

/** What a provider was asked to read, in words: `get a`, `getMany a b`. */
export function asked({ requests }: FakeProvider): readonly string[] {
  return requests.flatMap((each) => {
    if (each.method === "get") return `get ${each.request.ref.id}`;
    if (each.method === "getMany") return `getMany ${idsOf(each.request.refs)}`;
    return [];
  });
}

function idsOf(refs: readonly Ref[]): string {
  return refs.map(({ id }) => id).join(" ");
}

/** Lets run what waits for nothing but its turn: after it, what has not reached the provider is waiting for something. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await setImmediate();
}
