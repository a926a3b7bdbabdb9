import { ACCOUNT, type Row, type RowRequest, startVendor } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";
import { samples } from "../samples.ts";
import { FuzzTally, type Verdict } from "../tally.ts";
import { type AnsweringVendor, type Asked, type RecordedAnswer, startAnsweringVendor } from "./answering-vendor.ts";
import { parseNaively } from "./naive-parser.ts";
import { drillKernel, type Known, makeCalls } from "./recorded-calls.ts";
import { changeXml } from "./xml-change.ts";
import { makeCall, type XmlTrial, xmlTrials } from "./xml-trial.ts";

const COUNT = { full: 20_000, reduced: 400 } as const;

/** A kernel is used for so many: what a provider has learnt of an account from a good answer would keep it from asking again. */
const TRIALS_A_KERNEL = 100;

/**
 * Row 11, for the XML of EC2 and STS. Real answers are recorded first, then changed, and sent to the whole provider over HTTP: its streaming
 * decoder of lists and reads, the SDK's of actions, native bodies and identities, and what reads errors. The control is a parser as
 * they are written in an afternoon, fed with the same.
 */
export const xmlRow: Row = {
  row: "fault-11",
  group: "fuzz",
  async measure(request) {
    const { seed, size, control } = request;
    const count = request.count ?? COUNT[size];
    await using vendor = await startVendor({ count: 30 });
    await using answering = await startAnsweringVendor(vendor);
    const on = { endpoint: answering.endpoint, vendor };
    const known = await recordAnswers(request, { answering, ...on });

    using tally = new FuzzTally();
    const feed = control ? feedNaively(answering) : feedProvider(request, { answering, known, ...on });
    try {
      let index = 0;
      for (const trial of samples(xmlTrials, { seed, count })) {
        await tally.add({ name: `input ${index} of seed ${seed}`, run: () => feed.run(trial, index) });
        index += 1;
      }
    } finally {
      await feed.close();
    }
    return tally.figures({ row: "fault-11", of: "EC2 and STS XML", seed });
  },
};

type On = Parameters<typeof drillKernel>[1] & { readonly answering: AnsweringVendor };

async function recordAnswers({ subjects }: RowRequest, { vendor, ...on }: On): Promise<Known> {
  const nexus = drillKernel(subjects, { vendor, ...on });
  try {
    return await makeCalls(subjects, { nexus, vendor, account: ACCOUNT });
  } finally {
    await nexus.close();
  }
}

interface Feed {
  run(trial: XmlTrial, index: number): Promise<Verdict>;
  close(): Promise<void>;
}

function feedProvider({ subjects }: RowRequest, { answering, known, ...on }: On & { readonly known: Known }): Feed {
  let nexus: Nexus | undefined;
  return {
    async run(trial, index) {
      if (index % TRIALS_A_KERNEL === 0) {
        await nexus?.close();
        nexus = drillKernel(subjects, on);
      }
      nexus ??= drillKernel(subjects, on);
      // Each made once: what is measured is what it costs to read them.
      const made = new Map<string, ReturnType<typeof answerTo>>();
      answering.answerBy((asked) => {
        const answer = made.get(asked.action) ?? answerTo(answering, { asked, trial });
        made.set(asked.action, answer);
        return answer;
      });
      return await makeCall(subjects, { nexus, known, trial });
    },
    async close() {
      await nexus?.close();
    },
  };
}

function feedNaively(answering: AnsweringVendor): Feed {
  return {
    async run(trial) {
      const { body } = answerTo(answering, { asked: { action: "", instance: undefined }, trial });
      try {
        parseNaively(body.toString());
      } catch (error) {
        return { wrong: String(error) };
      }
      return "taken";
    },
    async close() {},
  };
}

/** What the request would have been answered with in most trials, anything that was recorded in the others. */
function answerTo(
  { recorded }: AnsweringVendor,
  { asked, trial }: { readonly asked: Asked; readonly trial: XmlTrial },
): Omit<RecordedAnswer, "action"> {
  const { action, instance = "" } = asked;
  const ofAction = recorded.filter((each) => each.action === action);
  const right = ofAction.filter(({ status, body }) => status === 200 && body.includes(instance));
  const from = { right, operation: ofAction, any: recorded }[trial.from];
  const original = (from.length === 0 ? recorded : from)[Math.floor(trial.answer * (from.length || recorded.length))];
  if (original === undefined) throw new Error("nothing was recorded");
  const { contentType, body } = original;
  return { status: trial.status ?? original.status, contentType, body: changeXml(body, trial.changes) };
}
