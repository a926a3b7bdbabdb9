import {
  ACCOUNT,
  exposedGc,
  type Figure,
  REGION,
  type Row,
  type RowRequest,
  randomFrom,
  startVendor,
  type Vendor,
} from "@cloudlink/measure";
import { CancelTally } from "./cancel-tally.ts";
import { carelessSubject } from "./careless-client.ts";
import { HeldVendor } from "./held-vendor.ts";
import { watchMoments } from "./moments.ts";
import { type CancelScene, cancelCalls, kernelPhases, type Phase, refOf, serverPhases } from "./phases.ts";
import { type Resources, watchResources } from "./resource-watch.ts";
import { kernelSubject, type Subject, serverSubject } from "./subject.ts";

/** The memory is looked at after the first of so many rounds, and after the last. */
const ROUNDS = 10;

/** The control keeps what it opens, and a machine has only so much. */
const MOST_OF_CONTROL = 1_000;

/** What the calls of a row are made of. */
interface Kind {
  readonly of: string;
  readonly count: Readonly<Record<RowRequest["size"], number>>;
  readonly phases: readonly Phase[];
  /** Whether it has timers by itself until it is closed: a server watches over its idle connections. */
  readonly keepsTimers: boolean;
  subject(subjects: RowRequest["subjects"], vendor: Vendor): Subject | Promise<Subject>;
}

function cancelRow(kind: Kind): Row {
  return {
    row: "fault-13",
    group: "cancel",
    async measure(request) {
      const { subjects, seed, size, control } = request;
      const asked = request.count ?? kind.count[size];
      const count = control ? Math.min(asked, MOST_OF_CONTROL) : asked;
      await using vendor = await startVendor({ count: 400 });
      const refs = await runningMachines(vendor);
      // What a module leaves for good when it is loaded is no call's doing.
      await (await kind.subject(subjects, vendor)).close();
      using watch = watchResources();
      using moments = watchMoments();
      const random = randomFrom(seed);
      const tally = new CancelTally(subjects, random);
      const subject = control ? carelessSubject(vendor) : await kind.subject(subjects, vendor);
      const otherAccount = vendor.accounts.find(({ id }) => id !== ACCOUNT)?.id ?? "";
      const about = { refs, otherAccount, phases: kind.phases };
      const scene: CancelScene = { subject, vendor: new HeldVendor(vendor), moments, tally, random, ...about };

      const heapB = await rounds(scene, count);
      const idle = await watch.settled(({ timers, streams }) => timers + streams === 0 || kind.keepsTimers);
      await subject.close();
      const closed = await watch.settled((left) => Object.values(left).every((number) => number <= 0));
      if (isDisposable(subject)) subject[Symbol.dispose]();
      const { timers, streams } = kind.keepsTimers ? closed : idle;
      return figures(request, { kind, tally, left: { ...closed, timers, streams }, heapB });
    },
  };
}

/** Row 13: calls of every sort, canceled at every moment there is. The control is a client that rejects and does nothing about it. */
export const cancelRows: readonly Row[] = [
  cancelRow({
    of: "calls of a kernel",
    count: { full: 100_000, reduced: 600 },
    phases: kernelPhases,
    keepsTimers: false,
    subject: kernelSubject,
  }),
  cancelRow({
    of: "calls of a server",
    count: { full: 20_000, reduced: 400 },
    phases: serverPhases,
    keepsTimers: true,
    subject: serverSubject,
  }),
];

/** @returns by how much each call of the later rounds made the heap grow, in bytes. */
async function rounds(scene: CancelScene, count: number): Promise<number> {
  const collectGarbage = exposedGc();
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  let first = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await cancelCalls(scene, Math.round(count / ROUNDS));
    if (round === 0) first = used();
  }
  return Math.max(0, used() - first) / (count - count / ROUNDS);
}

async function runningMachines(vendor: Vendor): Promise<readonly string[]> {
  const { instances } = (await vendor.control("GET", `instances?account=${ACCOUNT}&region=${REGION}`)) as {
    instances: readonly { id: string; state: string }[];
  };
  const running = instances.filter(({ state }) => state === "running").map(({ id }) => refOf(id));
  if (running.length < 20) throw new Error(`only ${running.length} machines run`);
  return running.slice(0, 100);
}

function figures(
  { seed }: RowRequest,
  found: { readonly kind: Kind; readonly tally: CancelTally; readonly left: Resources; readonly heapB: number },
): readonly Figure[] {
  const { kind, tally, left, heapB } = found;
  const n = tally.ended;
  const count = (name: string, value: number, note?: string): Figure => ({
    ...{ row: "fault-13", name: `${name}, ${kind.of}`, value, unit: "", goal: { atMost: 0 }, n, seed },
    ...(note !== undefined && { note }),
  });
  const moments = kind.phases.map(({ name, share }) => `${Math.round(share * 100)} % ${name}`).join(", ");
  return [
    count("canceled, and did not end as canceled", tally.wrong, tally.firstWrong ?? moments),
    count("timers left", left.timers),
    count("connections left", left.sockets, "when it was closed; before, idle ones are kept on purpose"),
    count("requests and answers left open", left.streams),
    count("listeners left", tally.listeners + left.processListeners, "on signals of the caller's, and on the process"),
    count("other handles left", left.handles),
    count("requests that the vendor still had", tally.unheard, `${tally.answered} more calls had their answer first`),
    {
      ...{ row: "fault-13", name: `growth of the heap for each, ${kind.of}`, value: heapB, unit: "B" },
      // Not zero: the heap's own bookkeeping moves by some hundred kilobytes between two collections.
      ...{ goal: { atMost: 8 }, n, seed, note: "from the first tenth of the calls to the last, after a collection" },
    },
  ];
}

function isDisposable(subject: Subject | (Subject & Disposable)): subject is Subject & Disposable {
  return Symbol.dispose in subject;
}
