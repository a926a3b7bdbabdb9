import { boundsFor, type CloudLinkError, type Ref, type ResourceState, type Scope } from "@cloudlink/core";
import { Thing } from "../thing.ts";
import { type News, UNTOLD_MS } from "./news.ts";
import type { AskedFreshness } from "./schedule.ts";
import { ADVICE, type Sighting, type Vendor } from "./vendor.ts";

/** What holds of every answer, whatever the schedule. */
export const INVARIANTS = {
  age: "an answer shows what was true no longer ago than was asked for, and says when it was observed",
  fence: "a read after an invalidation or an action shows nothing that was seen before it",
  scope: "nothing answers another tenant or account",
  live: "a live read shows what was seen after it began",
  error: "an error is served to those who waited for it, and absence for 2 s, and not soon after an action",
  end: "every call ends, and nothing is left running",
  told: "what one kernel has to forget, the others are told as soon as they can be",
  view: "an answer has the view that was asked for, or a wider one",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** A schedule broke an invariant. */
export class BrokenInvariant extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, message: string) {
    super(`${invariant}: ${INVARIANTS[invariant]}. ${message}`);
    this.invariant = invariant;
  }
}

/** A read, as it was asked for. */
export interface AskedRead extends AskedFreshness {
  /** Which kernel was asked. */
  readonly kernel: number;
  readonly startSeq: number;
  readonly startMs: number;
  readonly scope: Scope;
  readonly view: string;
  readonly isList: boolean;
  readonly timeoutMs: number;
  isCanceled: boolean;
}

const LONGEST_ABSENCE_MS = 2_000;
const NO_ABSENCE_MS = 60_000;

/** Holds answers against what the vendor said, and when. */
export class Judge {
  /** By how much, in milliseconds, an answer may say that it is older than it is: each time that it goes to the store or comes from there adds some. */
  slackMs: number;
  readonly #vendor: Vendor;
  readonly #news: News;

  constructor(settings: { readonly vendor: Vendor; readonly news: News; readonly slackMs: number }) {
    this.#vendor = settings.vendor;
    this.#news = settings.news;
    this.slackMs = settings.slackMs;
  }

  answer(
    read: AskedRead,
    answered: { readonly state: ResourceState<Thing>; readonly ref?: Ref; readonly nowMs: number },
  ): void {
    const { state, ref, nowMs } = answered;
    const { health: mark = "none", tags } = state.value;
    const sighting = this.#vendor.sightings.get(mark);
    if (sighting === undefined) throw new BrokenInvariant("age", `It shows ${mark}, which no vendor said.`);
    if (
      sighting.scope !== read.scope.key ||
      (ref !== undefined && ref.key !== state.ref.key) ||
      sighting.ref !== state.ref.key
    ) {
      throw new BrokenInvariant("scope", `${read.scope.key} was shown ${mark} of ${sighting.scope}, ${sighting.ref}.`);
    }
    if (sighting.version.state !== state.value.state || sighting.version.color !== tags.color) {
      throw new BrokenInvariant("age", `${mark} was altered.`);
    }
    if (Thing.views.indexOf(state.view) < Thing.views.indexOf(read.view)) {
      throw new BrokenInvariant("view", `${read.view} was asked for, and ${state.view} came.`);
    }
    this.#seen(read, { sighting, nowMs, usual: boundsFor(ADVICE, state.value) });
    const { source, observedAt, ageMs } = state.freshness;
    if (observedAt !== sighting.observedAt)
      throw new BrokenInvariant("age", `${mark} says it was observed at ${observedAt}.`);
    // Of what comes from the vendor, and of lists, it is told by the wall clock, which may have been set.
    if (source === "live" || read.isList) return;
    // Never too young. Where the wall clock was set meanwhile, a page of a list may be taken to be as old as the list.
    if (ageMs < read.startMs - sighting.sentAtMs || ageMs > nowMs - sighting.callAtMs + this.slackMs) {
      throw new BrokenInvariant("age", `${mark} says that it is ${ageMs} ms old.`);
    }
  }

  #seen(
    read: AskedRead,
    seen: { readonly sighting: Sighting; readonly nowMs: number; readonly usual: ReturnType<typeof boundsFor> },
  ): void {
    const { sighting, nowMs, usual } = seen;
    const { mark, sentSeq, sentAtMs } = sighting;
    this.#fenced(read, sighting);
    const mostMs =
      (read.maxAgeMs ?? this.#usualAge(read, usual.maxAgeMs)) + this.#staleMs(read, { usual, nowMs, sighting });
    if (sentAtMs < read.startMs - mostMs) {
      throw new BrokenInvariant(
        "age",
        `${mark} was ${read.startMs - sentAtMs} ms old, and ${mostMs} ms were asked for.`,
      );
    }
    if (mostMs === 0 && read.maxAgeMs === 0 && sentSeq < read.startSeq) {
      throw new BrokenInvariant("live", `${mark} was asked for before the read began.`);
    }
  }

  #usualAge({ isList }: AskedRead, usualMs: number): number {
    return isList ? (ADVICE.listMaxAgeMs ?? 0) : usualMs;
  }

  /** By how much older it may be. */
  #staleMs(
    read: AskedRead,
    { usual, nowMs, sighting }: { usual: ReturnType<typeof boundsFor>; nowMs: number; sighting: Sighting },
  ): number {
    if (read.isList) return 0;
    const advised = read.maxAgeMs === undefined ? usual : undefined;
    const revalidateMs = read.staleWhileRevalidateMs ?? advised?.staleWhileRevalidateMs ?? 0;
    const errorMs = read.staleIfErrorMs ?? advised?.staleIfErrorMs ?? 0;
    const isOverdue = nowMs - read.startMs >= read.timeoutMs;
    const failed = [...this.#vendor.failures.values()].some(
      ({ scope, refs, landedSeq }) => scope === sighting.scope && refs.has(sighting.ref) && landedSeq > read.startSeq,
    );
    return Math.max(revalidateMs, failed || isOverdue ? errorMs : 0);
  }

  #fenced(read: AskedRead, sighting: Sighting): void {
    for (const fence of this.#news.fences) {
      const bound = fence.bounds[read.kernel];
      if (bound === undefined || !fence.concerns(read.scope, sighting) || !fence.outdates(sighting)) continue;
      const isOver = read.startMs > Math.max(bound.deafAtMs, sighting.sentAtMs) + UNTOLD_MS;
      if (bound.fromSeq > read.startSeq && !isOver) continue;
      const shown = `${sighting.mark} was seen before ${fence.what} of kernel ${fence.kernel}, and shown after it`;
      throw new BrokenInvariant("fence", `${shown} by kernel ${read.kernel}.`);
    }
  }

  error(read: AskedRead, failed: { readonly error: CloudLinkError; readonly ref?: Ref; readonly nowMs: number }): void {
    const { error, ref, nowMs } = failed;
    if (error.code === "canceled" && read.isCanceled) return;
    if (error.code === "deadline_exceeded" && nowMs - read.startMs >= read.timeoutMs) return;
    if (error.code === "not_found" && error.origin === "cache" && ref !== undefined) {
      this.#keptAbsence(read, ref);
      return;
    }
    const { mark = "none" } = error.details ?? {};
    const said = this.#vendor.sightings.get(mark) ?? this.#vendor.failures.get(mark);
    if (said === undefined) throw new BrokenInvariant("error", `Nobody knows where it comes from: ${error.message}.`);
    if (said.scope !== read.scope.key)
      throw new BrokenInvariant("scope", `${read.scope.key} got an error of ${said.scope}.`);
    if (said.landedSeq < read.startSeq) throw new BrokenInvariant("error", `${mark} was over when the read began.`);
    if ("version" in said) this.#seen(read, { sighting: said, nowMs, usual: { maxAgeMs: LONGEST_ABSENCE_MS } });
  }

  /** That it was absent was kept: there has to be a word of the vendor's that could be. */
  #keptAbsence(read: AskedRead, ref: Ref): void {
    const { maxAgeMs = LONGEST_ABSENCE_MS, staleWhileRevalidateMs = 0 } = read;
    const mostMs = Math.min(maxAgeMs + staleWhileRevalidateMs, LONGEST_ABSENCE_MS);
    const absences = [...this.#vendor.sightings.values()].filter(
      ({ scope, ref: of, version, saidSeq }) =>
        scope === read.scope.key && of === ref.key && version.state === "absent" && saidSeq < read.startSeq,
    );
    const young = absences.filter(({ sentAtMs }) => sentAtMs >= read.startMs - mostMs);
    if (young.length === 0) throw new BrokenInvariant("error", `${ref.key} was not absent within ${mostMs} ms.`);
    if (mostMs === 0) throw new BrokenInvariant("live", `A live read was told that ${ref.key} had been absent.`);
    const kept = young.filter(
      ({ sentAtMs, saidSeq }) =>
        !this.#news.actions.some(
          ({ fromSeq, atMs, account }) =>
            account === ref.account &&
            (fromSeq[read.kernel] ?? Number.POSITIVE_INFINITY) < saidSeq &&
            sentAtMs < atMs + NO_ABSENCE_MS,
        ),
    );
    if (kept.length === 0)
      throw new BrokenInvariant("error", `That ${ref.key} was absent was kept soon after an action.`);
    let broken: unknown;
    for (const sighting of kept) {
      try {
        this.#fenced(read, sighting);
        return;
      } catch (error) {
        broken = error;
      }
    }
    throw broken;
  }
}
