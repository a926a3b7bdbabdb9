import type { Subjects } from "@cloudlink/measure";
import type { RedisNode } from "@cloudlink/testbed";
import { Redis } from "ioredis";
import { isOf, stampOf } from "./stamp.ts";

/** Digits before a stored value: when it was seen, and how old it usually may be. */
const DIGITS = 23;

/** The hash of a resource: where it is in braces, and its id. */
const keyForm = /^cloudlink:\d+:\{([^{}]+)\}:([^/{}]+)$/;

/** How many fields or keys are looked at together. */
const TOGETHER = 1_000;

/** What lies in Redis. */
export interface StoredEntries {
  readonly count: number;
  readonly scopes: number;
  /** Those that lie under the name of another scope, or of another resource, than they were read for. */
  readonly misplaced: readonly string[];
}

/** Looks at every entry that is stored, by Redis's own means: its key and field are to name the scope that it was read in. */
export async function readStoredEntries({ core }: Subjects, server: RedisNode): Promise<StoredEntries> {
  const redis = new Redis(server.url);
  const misplaced: string[] = [];
  const stamps = new Set<string>();
  let count = 0;
  try {
    for await (const keys of redis.scanStream({ match: "cloudlink:*", type: "hash", count: TOGETHER })) {
      for (const key of new Set(keys as string[])) {
        const [, place, id] = keyForm.exec(key) ?? [];
        if (place === undefined || id === undefined) {
          misplaced.push(`${key}: no resource is called that`);
          continue;
        }
        const ref = core.parseRef(`${place}/${id}`);
        for await (const [field, text] of fieldsOf(redis, key)) {
          const [, scopeKey = ""] = /^e (\S+) \d+ \S+$/.exec(field) ?? [];
          // A fence, or a lease on a fetch.
          if (!field.startsWith("e ")) continue;
          const [tenant = "", provider = "", partition = "", account = "", role = "", region = ""] = scopeKey
            .split("/")
            .map(decodeURIComponent);
          const scope = { tenant, provider, partition, account, role, region };
          const { stamp } = (JSON.parse(text.slice(DIGITS)) as unknown[]).at(-1) as { readonly stamp: string };
          count += 1;
          stamps.add(stamp);
          if (stamp !== stampOf(scope) || !isOf(scope, ref)) misplaced.push(`${key} ${field}: what ${stamp} sees`);
        }
      }
    }
  } finally {
    redis.disconnect();
  }
  return { count, scopes: stamps.size, misplaced };
}

async function* fieldsOf(redis: Redis, key: string): AsyncGenerator<readonly [field: string, text: string]> {
  for await (const found of redis.hscanStream(key, { count: TOGETHER })) {
    const cells = found as string[];
    for (let at = 0; at < cells.length; at += 2) yield [cells[at] ?? "", cells[at + 1] ?? ""];
  }
}
