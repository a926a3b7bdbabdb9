import { setImmediate as nextTurn } from "node:timers/promises";
import type { Figure } from "@cloudlink/measure";
import { watchCrashes } from "./crash-watch.ts";
import { watchPrototypes } from "./prototypes.ts";

/** What became of an input: it was refused as documented, or taken; or what is wrong with how it was refused. */
export type Verdict = "taken" | "refused" | { readonly wrong: string };

/** One malformed input, and what is done with it. */
export interface Trial {
  /** Names it, so that it can be made again. */
  readonly name: string;
  /** Feeds it in. */
  run(): Promise<Verdict>;
}

/** An input may cost so much, in milliseconds of CPU. */
const BOUND_MS = 100;

/** How often an input over the bound is fed in again: what counts is the least, since a collection of the garbage of all the inputs before is not its doing. */
const SECOND_LOOKS = 3;

/** What a row of the drill counts, over all of its inputs. */
export class FuzzTally implements Disposable {
  readonly #crashWatch = watchCrashes();
  readonly #prototypes = watchPrototypes();
  readonly #first = new Map<keyof FuzzTally["counts"], string>();
  #inputs = 0;
  #refused = 0;
  readonly counts = { crashes: 0, prototypeWrites: 0, undocumented: 0 };
  #longestMs = 0;
  #longest = "";

  async add(trial: Trial): Promise<void> {
    this.#inputs += 1;
    let leastMs = await this.#run(trial);
    for (let look = 0; look < SECOND_LOOKS && leastMs >= BOUND_MS; look += 1) {
      leastMs = Math.min(leastMs, await cpuOf(trial.run));
      // Counted already.
      this.#crashWatch.crashes();
      this.#prototypes.writes();
    }
    if (leastMs > this.#longestMs) {
      this.#longestMs = leastMs;
      this.#longest = trial.name;
    }
  }

  async #run({ name, run }: Trial): Promise<number> {
    const verdicts: Verdict[] = [];
    const ms = await cpuOf(async () => verdicts.push(await run()));
    const [verdict] = verdicts;
    if (verdict === "refused") this.#refused += 1;
    if (typeof verdict === "object") this.#found("undocumented", `${name}: ${verdict.wrong}`);
    for (const crash of this.#crashWatch.crashes()) this.#found("crashes", `${name}: ${String(crash)}`);
    for (const written of this.#prototypes.writes()) this.#found("prototypeWrites", `${name}: ${written}`);
    return ms;
  }

  #found(what: keyof FuzzTally["counts"], example: string): void {
    this.counts[what] += 1;
    if (!this.#first.has(what)) this.#first.set(what, example);
  }

  /** @param of - what was fed in and to whom. */
  figures({ row, of, seed }: { readonly row: string; readonly of: string; readonly seed: number }): readonly Figure[] {
    const count = (name: string, what: keyof FuzzTally["counts"]): Figure => {
      const example = this.#first.get(what);
      const refused = what === "undocumented" ? { note: `${this.#refused} were refused` } : {};
      const note = example === undefined ? refused : { note: `first: ${example.slice(0, 300)}` };
      return {
        ...{ row, name: `${name}, ${of}`, value: this.counts[what], unit: "", goal: { atMost: 0 } },
        ...{ n: this.#inputs, seed, ...note },
      };
    };
    return [
      count("crashes", "crashes"),
      count("prototype writes", "prototypeWrites"),
      count("failures without a documented code", "undocumented"),
      {
        row,
        name: `CPU of the costliest input, ${of}`,
        value: this.#longestMs,
        unit: "ms",
        goal: { atMost: BOUND_MS },
        n: this.#inputs,
        seed,
        note: this.#longest,
      },
    ];
  }

  [Symbol.dispose](): void {
    this.#crashWatch[Symbol.dispose]();
  }
}

/** CPU of this thread, in milliseconds: nobody else's, and no time that it waited for them. What is thrown later in the same turn is waited for too. */
async function cpuOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await run();
  await nextTurn();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
