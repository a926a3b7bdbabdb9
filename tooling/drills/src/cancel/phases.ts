import { ACCOUNT, type Random, REGION } from "@cloudlink/measure";
import type { Cancelable, CancelTally } from "./cancel-tally.ts";
import type { HeldVendor } from "./held-vendor.ts";
import type { Moment, MomentWatch } from "./moments.ts";
import type { Subject } from "./subject.ts";

/** What calls are made with. */
export interface CancelScene {
  readonly subject: Subject;
  readonly vendor: HeldVendor;
  readonly moments: MomentWatch;
  readonly tally: CancelTally;
  readonly random: Random;
  readonly phases: readonly Phase[];
  /** Machines of {@link ACCOUNT}, a page that takes more than one read from a socket. */
  readonly refs: readonly string[];
  /** An account of another vendor answer than {@link ACCOUNT}'s. */
  readonly otherAccount: string;
}

/** So many calls at once: less than a provider's connections, so that none waits for another. */
const BATCH = 150;

/** A moment at which a call is canceled, and what share of all calls is. */
export interface Phase {
  readonly name: string;
  readonly share: number;
  /** Makes at most `count` calls. */
  run(scene: CancelScene, count: number): Promise<void>;
}

type Read = (subject: Subject, call: Cancelable) => Promise<unknown>;

function readOf({ random, refs }: CancelScene): Read {
  const ref = random.pick(refs);
  return random.pick<Read>([
    (subject, { ctx }) => subject.get(ctx, ref),
    (subject, { ctx }) => subject.getMany(ctx, refs.slice(0, 20)),
    (subject, { ctx }) => subject.list(ctx, ACCOUNT),
  ]);
}

/** One that shares its vendor's request with no other, so that there are as many requests as calls. */
function separateReadOf({ random, refs }: CancelScene): Read {
  const ref = random.pick(refs);
  return random.pick<Read>([
    (subject, { ctx }) => subject.native(ctx, ref),
    (subject, { ctx }) => subject.list(ctx, ACCOUNT),
  ]);
}

/** Before it is made, right after, or some turns of the loop later: while the kernel is at work and nothing was sent. */
const beforeSending: Phase = {
  name: "before sending",
  share: 0.3,
  async run(scene, count) {
    const { subject, tally, random } = scene;
    const calls = Array.from({ length: count }, async () => {
      const call = tally.cancelable();
      const when = random.below(3);
      if (when === 0) call.cancel();
      const made = random.chance(0.8) ? readOf(scene)(subject, call) : subject.act(call.ctx, random.pick(scene.refs));
      if (when === 1) call.cancel();
      else queueMicrotask(() => call.cancel());
      await tally.ends(made);
    });
    await Promise.all(calls);
  },
};

/** While a socket is being connected for it. The vendor holds what is asked on a connection that was there before, and that is canceled then. */
const connecting: Phase = {
  name: "connecting",
  share: 0.15,
  async run(scene, count) {
    const { subject, vendor, tally, moments } = scene;
    const letGo = await vendor.hold();
    let early = 0;
    const calls = Array.from({ length: count }, () => {
      const call = tally.cancelable();
      const cancelThen = (reached: Moment) => {
        if (reached !== "connecting") return;
        early += 1;
        queueMicrotask(() => call.cancel());
      };
      return { call, end: tally.ends(moments.run(cancelThen, () => separateReadOf(scene)(subject, call))) };
    });
    await vendor.holds(() => count - early);
    for (const { call } of calls) call.cancel();
    await Promise.all(calls.map(({ end }) => end));
    tally.unheard += await vendor.rest();
    await letGo();
  },
};

/** When the head of the answer has come, and of its body at most what came with it. */
const inTheBody: Phase = {
  name: "in the body of the answer",
  share: 0.1,
  async run({ subject, tally, moments }, count) {
    const calls = Array.from({ length: count }, async () => {
      const call = tally.cancelable();
      const cancelThen = (reached: Moment) => {
        if (reached === "answering") queueMicrotask(() => call.cancel());
      };
      await tally.ends(moments.run(cancelThen, () => subject.list(call.ctx, ACCOUNT)));
    });
    await Promise.all(calls);
  },
};

/** While the vendor has it and does not answer. */
const heldReads: Phase = {
  name: "held by the vendor",
  share: 0.15,
  async run(scene, count) {
    const { subject, vendor, tally } = scene;
    const letGo = await vendor.hold();
    const calls = Array.from({ length: count }, () => {
      const call = tally.cancelable();
      return { call, end: tally.ends(separateReadOf(scene)(subject, call)) };
    });
    await vendor.holds(() => count);
    for (const { call } of calls) call.cancel();
    await Promise.all(calls.map(({ end }) => end));
    tally.unheard += await vendor.rest();
    await letGo();
  },
};

/** The same of reads that share requests: all but one leave, and then the last, with whom the requests go. */
const sharedReads: Phase = {
  name: "shared, held by the vendor",
  share: 0.05,
  async run({ subject, vendor, tally, refs }, count) {
    const letGo = await vendor.hold();
    const calls = Array.from({ length: count }, () => {
      const call = tally.cancelable();
      const [ref = ""] = refs;
      return { call, end: tally.ends(subject.get(call.ctx, ref)) };
    });
    await vendor.holds(() => 1);
    const [last, ...others] = calls;
    for (const { call } of others) call.cancel();
    await Promise.all(others.map(({ end }) => end));
    last?.call.cancel();
    await last?.end;
    tally.unheard += await vendor.rest();
    await letGo();
  },
};

/** The same of an action: whoever asked has left at once, and what was sent goes on to its end. */
const heldActions: Phase = {
  name: "an action, held by the vendor",
  share: 0.05,
  async run(scene, count) {
    const { subject, vendor, tally, random, refs } = scene;
    const letGo = await vendor.hold();
    const calls = Array.from({ length: count }, () => {
      const call = tally.cancelable();
      return { call, end: tally.ends(subject.act(call.ctx, random.pick(refs)), { effect: "unknown" }) };
    });
    await vendor.holds(() => count);
    for (const { call } of calls) call.cancel();
    await Promise.all(calls.map(({ end }) => end));
    await letGo();
    tally.unheard += await vendor.rest();
  },
};

/** By the deadline, wherever it finds the call: it may be before the vendor has it. */
const deadline: Phase = {
  name: "by the deadline",
  share: 0.15,
  async run(scene, count) {
    const { subject, vendor, tally, random } = scene;
    const letGo = await vendor.hold();
    const calls = Array.from({ length: count }, async () => {
      const ctx = tally.withDeadline(1 + random.below(40));
      await tally.ends(readOf(scene)(subject, { ctx, cancel() {} }));
    });
    await Promise.all(calls);
    tally.unheard += await vendor.rest();
    await letGo();
  },
};

/** In a loop over a list, after its first page, while the vendor holds the pages of another account. */
const inTheStream: Phase = {
  name: "between two pages",
  share: 0.1,
  async run({ subject, vendor, tally, otherAccount }, count) {
    const letGo = await vendor.hold(otherAccount);
    const calls = Array.from({ length: count }, async () => {
      const call = tally.cancelable();
      const cancel = () => {
        queueMicrotask(() => call.cancel());
        return "stay" as const;
      };
      await tally.ends(subject.pages(call.ctx, cancel));
    });
    await Promise.all(calls);
    tally.unheard += await vendor.rest();
    await letGo();
  },
};

/** The same, and it is the loop that is left. */
const leavingTheLoop: Phase = {
  name: "by leaving the loop",
  share: 0.05,
  async run({ subject, vendor, tally, otherAccount }, count) {
    const letGo = await vendor.hold(otherAccount);
    const leave = () => "leave" as const;
    await Promise.all(Array.from({ length: count }, () => tally.leaves(subject.pages(tally.bySignal().ctx, leave))));
    tally.unheard += await vendor.rest();
    await letGo();
  },
};

/** For calls of a kernel. */
export const kernelPhases: readonly Phase[] = [
  ...[beforeSending, connecting, inTheBody, heldReads, sharedReads, heldActions, deadline, leavingTheLoop],
];

/** For calls of a server: the head of its answer is there as soon as the kernel's is, or with the first page of a stream. */
export const serverPhases: readonly Phase[] = [
  ...[beforeSending, connecting, inTheStream, heldReads, sharedReads, heldActions, deadline, leavingTheLoop],
];

/** Makes `count` calls, canceled at every moment in its share; calls that were answered first are made again, within reason. */
export async function cancelCalls(scene: CancelScene, count: number): Promise<void> {
  const { tally, phases } = scene;
  for (const { share, run } of phases) {
    const endsAt = tally.ended + Math.max(1, Math.round(share * count));
    for (let tries = 0; tally.ended < endsAt && tries < count; tries += 1) {
      await run(scene, Math.min(BATCH, endsAt - tally.ended));
      tally.countListeners();
    }
  }
}

/** What a machine of the fleet is called, from its id. */
export function refOf(id: string): string {
  return `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;
}
