import type { Context, Freshness, Ref } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import type { Subjects } from "@cloudlink/measure";
import type { Redis } from "ioredis";

/** What somebody is told who reads. */
export type Told = Pick<Freshness, "source" | "observedAt">;

/** What is asked for machines: a kernel over a shared cache, or what stands in its place. */
export interface Reader {
  get(ctx: Context, request: { readonly ref: Ref; readonly maxAgeMs: number }): Promise<Told>;
  invalidate(ctx: Context, ref: Ref): Promise<void>;
}

export function kernelReader({ core }: Subjects, kernel: Calls): Reader {
  const { VirtualMachine: kind } = core;
  return {
    async get(ctx, request) {
      const { freshness } = await kernel.get(ctx, { kind, ...request });
      return freshness;
    },
    invalidate: async (ctx, ref) => void (await kernel.invalidate(ctx, { ref })),
  };
}

/** For how long the control's values stay in Redis, in seconds: longer than anybody asks for. */
const KEPT_S = 600;

/**
 * The control: a cache before the same kernel as one is written in an afternoon. A read waits for Redis as long as that takes, and what cannot
 * be sent yet waits in the client; a live read goes past it.
 */
export function naiveReader(
  subjects: Subjects,
  { kernel, redis }: { readonly kernel: Calls; readonly redis: Redis },
): Reader {
  const { core } = subjects;
  const vendor = kernelReader(subjects, kernel);
  const keyOf = ({ key }: Ref) => `naive:${key}`;

  async function look(
    ctx: Context,
    { ref, maxAgeMs }: { readonly ref: Ref; readonly maxAgeMs: number },
  ): Promise<Told> {
    if (maxAgeMs === 0) return await vendor.get(ctx, { ref, maxAgeMs });
    const known = await redis.get(keyOf(ref));
    const observedAt = Number(known);
    if (known !== null && Date.now() - observedAt <= maxAgeMs) return { source: "redis", observedAt };
    const told = await vendor.get(ctx, { ref, maxAgeMs: 0 });
    await redis.set(keyOf(ref), String(told.observedAt), "EX", KEPT_S);
    return told;
  }

  return {
    get: (ctx, request) => core.untilDone(ctx, look(ctx, request)),
    // Told once: nobody finds out that it was lost.
    async invalidate(ctx, ref) {
      await core.untilDone(ctx, redis.del(keyOf(ref))).catch(() => {});
    },
  };
}
