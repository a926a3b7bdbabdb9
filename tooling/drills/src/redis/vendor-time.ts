import type { Subjects } from "@cloudlink/measure";

type Provider = ReturnType<Subjects["aws"]["aws"]>;

/** A stretch of time by `performance.now()`. */
interface Stretch {
  readonly from: number;
  to: number;
}

/** A machine that is asked for. */
interface Asked {
  readonly key: string;
  readonly account: string;
}

/** So many calls about one machine are remembered: more are not made within the time that a reader waits. */
const REMEMBERED = 6;

/** When a replica was at the vendor, machine by machine: what a read takes beside that is the cache's own doing, and the kernel's. */
export class VendorTime {
  readonly #byRef = new Map<string, Stretch[]>();
  readonly #calls = new Map<string, number>();

  /** The provider as it is, with somebody who looks at the clock. */
  watch(provider: Provider): Provider {
    const kinds = provider.kinds.map((handler) => {
      const get = handler.get?.bind(handler);
      const getMany = handler.getMany?.bind(handler);
      return {
        ...handler,
        ...(get !== undefined && {
          get: (...[call, request]: Parameters<typeof get>) => this.#timed([request.ref], () => get(call, request)),
        }),
        ...(getMany !== undefined && {
          getMany: (...[call, request]: Parameters<typeof getMany>) =>
            this.#timed(request.refs, () => getMany(call, request)),
        }),
      };
    });
    return { ...provider, kinds };
  }

  async #timed<Result>(refs: readonly Asked[], work: () => Promise<Result>): Promise<Result> {
    const stretch = { from: performance.now(), to: Number.POSITIVE_INFINITY };
    const account = refs[0]?.account ?? "";
    this.#calls.set(account, this.callsIn(account) + 1);
    for (const { key } of refs) {
      const known = this.#byRef.get(key) ?? [];
      known.push(stretch);
      if (known.length > REMEMBERED) known.shift();
      this.#byRef.set(key, known);
    }
    try {
      return await work();
    } finally {
      stretch.to = performance.now();
    }
  }

  /** How many calls were made of an account. */
  callsIn(account: string): number {
    return this.#calls.get(account) ?? 0;
  }

  /** For how long, within the stretch, the machine was being asked for. */
  within(ref: string, { from, to }: Stretch): number {
    let covered = from;
    let sum = 0;
    // In the order in which they began.
    for (const stretch of this.#byRef.get(ref) ?? []) {
      const begin = Math.max(covered, stretch.from);
      const end = Math.min(to, stretch.to);
      if (end <= begin) continue;
      sum += end - begin;
      covered = end;
    }
    return sum;
  }
}
