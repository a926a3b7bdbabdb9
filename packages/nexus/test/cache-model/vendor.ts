import {
  type ActionRequest,
  type ActionState,
  CloudLinkError,
  type FreshnessAdvice,
  type ListBatch,
  type Observation,
  type Outcome,
  type ProviderCall,
  type Ref,
} from "@cloudlink/core";
import type { ManualClock } from "@cloudlink/core/testing";
import { type FakeProvider, fakeProvider } from "../fake-provider.ts";
import { type Thing, thingRef } from "../thing.ts";
import { COLORS, type Color, IDS, type Schedule } from "./schedule.ts";

/** What a resource was, from an instant on. */
export interface Version {
  readonly seq: number;
  readonly atMs: number;
  readonly state: "running" | "changing" | "absent";
  readonly color: Color;
}

/** What the vendor said of a resource, once: every answer leads back to one by its mark. */
export interface Sighting {
  readonly mark: string;
  readonly scope: string;
  readonly ref: string;
  readonly version: Version;
  /** When the request reached the vendor: in the order of events, by the monotonic clock, and by the wall clock of that moment. */
  readonly sentSeq: number;
  readonly sentAtMs: number;
  readonly observedAt: number;
  /** When the kernel's call began that the request is a part of: the same instant, but for the later pages of a list. */
  readonly callAtMs: number;
  readonly lookedSeq: number;
  /** When the answer left the vendor. */
  readonly saidSeq: number;
  /** When it had been taken in for certain: who begins after that has nothing of its flight. */
  landedSeq: number;
}

/** A request that the vendor failed, for a reason that says nothing of the resources. */
export interface Failure {
  readonly scope: string;
  readonly refs: ReadonlySet<string>;
  landedSeq: number;
}

/** The order of events, which is finer than the clock. */
export class Sequence {
  #last = 0;
  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** What provider and kind say is good enough: for `changing` less. */
export const ADVICE: FreshnessAdvice = {
  maxAgeMs: 40,
  staleWhileRevalidateMs: 20,
  staleIfErrorMs: 60,
  listMaxAgeMs: 30,
  rules: [{ path: "state", words: ["changing"], maxAgeMs: 5 }],
};

/** A vendor whose resources change under the schedule's hand, and whose answers leave when the schedule says. */
export class Vendor {
  readonly provider: FakeProvider;
  readonly sightings = new Map<string, Sighting>();
  readonly failures = new Map<string, Failure>();
  /** Requests that were not answered yet, the oldest first. */
  readonly held: ((fails: boolean) => void)[] = [];
  /** When each action was carried out, by its idempotency key. */
  readonly carriedOut = new Map<string, number>();
  readonly #versions = new Map<string, Version[]>();
  readonly #clock: ManualClock;
  readonly #seq: Sequence;
  readonly #looksAtOnce: readonly boolean[];
  #requests = 0;
  readonly #landing: (Sighting | Failure)[] = [];

  constructor(settings: { readonly clock: ManualClock; readonly seq: Sequence; readonly schedule: Schedule }) {
    const { clock, seq, schedule } = settings;
    this.#clock = clock;
    this.#seq = seq;
    this.#looksAtOnce = schedule.looksAtOnce;
    this.provider = fakeProvider({
      capabilities: { freshness: ADVICE, ...(!schedule.batches && { getMany: undefined }) },
      get: async (call, { ref, view }) => {
        const [outcome] = await this.#ask(call, { refs: [ref], view });
        if (outcome?.ok !== true) throw outcome?.error;
        return outcome.state;
      },
      getMany: (call, request) => this.#ask(call, request),
      list: (call, { view }) => this.#list(call, view),
      act: (call, request) => this.#act(call, request),
    });
  }

  /** What the resource was, from the beginning to now. */
  versions(ref: Ref): readonly [Version, ...Version[]] {
    let versions = this.#versions.get(ref.key);
    if (versions === undefined) {
      versions = [{ seq: 0, atMs: this.#clock.nowMs(), state: "running", color: COLORS[0] }];
      this.#versions.set(ref.key, versions);
    }
    return versions as [Version, ...Version[]];
  }

  change(ref: Ref, to: Pick<Version, "state" | "color">): void {
    this.versions(ref);
    const { state, color } = to;
    this.#versions.get(ref.key)?.push({ seq: this.#seq.next(), atMs: this.#clock.nowMs(), state, color });
  }

  /** Whoever waited for what was said until now has it. */
  landed(): void {
    for (const said of this.#landing.splice(0)) said.landedSeq = this.#seq.next();
  }

  #looksNow(): boolean {
    const { length } = this.#looksAtOnce;
    const looks = this.#looksAtOnce[this.#requests % length] ?? true;
    this.#requests += 1;
    return looks;
  }

  #current(ref: Ref): { readonly version: Version; readonly seq: number } {
    return { version: this.versions(ref).at(-1) as Version, seq: this.#seq.next() };
  }

  #ask(
    call: ProviderCall,
    { refs, view, callAtMs }: { readonly refs: readonly Ref[]; readonly view: string; readonly callAtMs?: number },
  ): Promise<readonly Outcome<Observation<Thing>>[]> {
    const scope = call.scope.key;
    const sentSeq = this.#seq.next();
    const sentAtMs = this.#clock.monotonicMs();
    const observedAt = this.#clock.nowMs();
    const early = this.#looksNow() ? refs.map((ref) => this.#current(ref)) : undefined;
    const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome<Observation<Thing>>[]>();
    this.held.push((fails) => {
      const mark = String(sentSeq);
      const saidSeq = this.#seq.next();
      if (fails) {
        const failure = { scope, refs: new Set(refs.map(({ key }) => key)), landedSeq: Number.POSITIVE_INFINITY };
        this.failures.set(mark, failure);
        this.#landing.push(failure);
        reject(outage(mark));
        return;
      }
      const outcomes = refs.map((ref, index): Outcome<Observation<Thing>> => {
        const { version, seq: lookedSeq } = early?.[index] ?? this.#current(ref);
        const sighting = {
          mark: `${mark}/${ref.id}`,
          scope,
          ref: ref.key,
          version,
          sentSeq,
          sentAtMs,
          observedAt,
          callAtMs: callAtMs ?? sentAtMs,
          lookedSeq,
          saidSeq,
          landedSeq: Number.POSITIVE_INFINITY,
        };
        this.sightings.set(sighting.mark, sighting);
        this.#landing.push(sighting);
        if (version.state === "absent") return { ok: false, ref, error: absence(sighting.mark) };
        return { ok: true, ref, state: { ref, view, observedAt, value: thingOf(ref, sighting) } };
      });
      resolve(outcomes);
    });
    return promise;
  }

  async *#list(call: ProviderCall, view: string): AsyncGenerator<ListBatch<Thing>> {
    const { region, account, provider, partition } = call.scope;
    const callAtMs = this.#clock.monotonicMs();
    for (const id of IDS) {
      const ref = thingRef(id, { region, account, provider, partition });
      const outcomes = await this.#ask(call, { refs: [ref], view, callAtMs });
      const items = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.state] : []));
      yield { items, cursor: id === IDS.at(-1) ? null : id };
    }
  }

  #act(_call: ProviderCall, { ref, idempotencyKey }: ActionRequest): Promise<ActionState> {
    const { promise, resolve, reject } = Promise.withResolvers<ActionState>();
    const carryOut = () => {
      const { color, state } = this.versions(ref).at(-1) as Version;
      this.change(ref, { state: state === "changing" ? "running" : "changing", color });
      this.carriedOut.set(idempotencyKey, this.#seq.next());
    };
    const early = this.#looksNow();
    if (early) carryOut();
    this.held.push((fails) => {
      if (!early && !fails) carryOut();
      if (fails) reject(outage("action"));
      else resolve({ state: "done" });
    });
    return promise;
  }
}

function thingOf(ref: Ref, { mark, version }: Sighting): Thing {
  const { state, color } = version;
  return { id: ref.id, state, health: mark, tags: { color } };
}

/** Not to be tried again: how long the kernel waits before a try is random. */
function outage(mark: string): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrVendorUnavailable",
    message: "It is down.",
    origin: "vendor",
    details: { mark },
  });
}

function absence(mark: string): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrResourceNotFound",
    message: "There is no such thing.",
    origin: "vendor",
    details: { mark },
  });
}
