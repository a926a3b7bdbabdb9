import type { Subjects } from "@cloudlink/measure";
import type { createKernel } from "./world.ts";

/** How one ended: the reason that it failed by, or that it did not. */
export type End = { readonly reason: string | undefined };

export interface ReadRequest {
  /** As {@link Round.maxAgeMs}. */
  readonly maxAgeMs: 0 | undefined;
}

/** What is asked for a hundred at once: the kernel, or what stands in its place. */
export interface Reader {
  get(ref: string, request: ReadRequest): Promise<End>;
  /** An end for each, in the request's order. */
  getMany(refs: readonly string[], request: ReadRequest): Promise<readonly End[]>;
}

type Kernel = ReturnType<typeof createKernel>;

const answered: End = { reason: undefined };

export function kernelReader({ core }: Subjects, kernel: Kernel): Reader {
  const { background, VirtualMachine: kind } = core;
  const asked = ({ maxAgeMs }: ReadRequest) => ({ kind, ...(maxAgeMs !== undefined && { maxAgeMs }) });
  const endOf = (error: unknown): End => ({ reason: core.CloudLinkError.isInstance(error) ? error.reason : "none" });
  return {
    get: (ref, request) => kernel.get(background(), { ...asked(request), ref }).then(() => answered, endOf),
    async getMany(refs, request) {
      const { outcomes } = await kernel.getMany(background(), { ...asked(request), refs });
      return outcomes.map((outcome) => (outcome.ok ? answered : endOf(outcome.error)));
    },
  };
}

const TRIES = 2;

/**
 * The control: a batcher as one is written in an afternoon. What is asked for within a turn is one call; if anything is wrong with it, it is
 * made once more, and then all get the same error.
 */
export function carelessReader(subjects: Subjects, kernel: Kernel): Reader {
  const reader = kernelReader(subjects, kernel);
  let waiting: { readonly ref: string; resolve(end: End): void }[] = [];

  async function readAll(refs: readonly string[]): Promise<readonly End[]> {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const ends = await reader.getMany(refs, { maxAgeMs: 0 });
      if (ends.every(({ reason }) => reason === undefined)) return ends;
    }
    return refs.map(() => ({ reason: "the batch failed" }));
  }

  async function leave(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const ends = await readAll(batch.map(({ ref }) => ref));
    for (const [index, { resolve }] of batch.entries()) resolve(ends[index] ?? answered);
  }

  return {
    get(ref) {
      if (waiting.length === 0) setImmediate(() => void leave());
      const { promise, resolve } = Promise.withResolvers<End>();
      waiting.push({ ref, resolve });
      return promise;
    },
    getMany: (refs) => readAll(refs),
  };
}
