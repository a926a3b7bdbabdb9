import { type Figure, type Row, type RowRequest, randomFrom } from "@cloudlink/measure";
import { type Crossing, Crossings } from "./crossings.ts";
import { mistakenSessions } from "./mistaken-sessions.ts";
import { planOperation } from "./operations.ts";
import { Population } from "./population.ts";
import { createReplicas, type Sharing } from "./replicas.ts";
import { thingKind } from "./stamping-provider.ts";
import { readStoredEntries, type StoredEntries } from "./stored-entries.ts";
import { planWave, ROUNDS, TOGETHER, WAVES, type Wave } from "./wave.ts";

const TENANTS = { full: 10_000, reduced: 400 } as const;

/** The goal's million takes over twenty minutes over Redis: `--size 1000000`. */
const COUNT: Readonly<Record<Sharing, Readonly<Record<RowRequest["size"], number>>>> = {
  redis: { full: 200_000, reduced: 6_000 },
  memory: { full: 100_000, reduced: 6_000 },
};

/** Before how many of the rounds a tenant's role changes. */
const ROLE_CHANGES = 0.3;

const names: Readonly<Record<Crossing, string>> = {
  read: "answers of another scope",
  event: "events of another scope",
  flight: "vendor calls for what is another scope's",
  batch: "batches with what is another scope's",
};

/**
 * Row 8: tenants whose names are made to be taken for each other's do everything there is at the same time, through two kernels that share a cache. The control
 * finds callers by a key that joins names as they are.
 */
function tenantsRow(sharing: Sharing): Row {
  return {
    row: "fault-8",
    group: "tenants",
    async measure(request) {
      const { subjects, seed, size, control } = request;
      const { core } = subjects;
      const random = randomFrom(seed);
      const crossings = new Crossings();
      const population = new Population(TENANTS[size]);
      const kind = thingKind(subjects);
      await using replicas = await createReplicas(subjects, { sharing, population, kind, crossings });
      const choosing = { core, kind, random, population };
      const calls = control ? mistakenSessions(replicas.calls, choosing) : replicas.calls;
      const count = request.count ?? COUNT[sharing][size];
      let waves: readonly Wave[] = [];
      for (let done = 0, round = 0; done < count; round += 1) {
        if (round % ROUNDS === 0) waves = Array.from({ length: WAVES }, () => planWave(random, population));
        // While nothing is under way, so that it is clear in which role everything is done.
        if (random.chance(ROLE_CHANGES)) population.changeRole(random.pick(random.pick(waves).tenants));
        const scenes = waves.map((wave) => ({ ...choosing, wave, calls, crossings }));
        // Chosen before any of them runs, so that a seed makes the same ones.
        const operations = scenes.flatMap((scene) => Array.from({ length: TOGETHER }, () => planOperation(scene)));
        await Promise.all(operations.slice(0, count - done).map((operation) => operation()));
        done += operations.length;
      }
      const stored = replicas.server === undefined ? undefined : await readStoredEntries(subjects, replicas.server);
      const { outcomes, shared } = await calls[0].cacheStats(core.background(), {});
      const said = Object.entries({ ...outcomes, ...(shared !== undefined && { redis: shared.hits }) });
      return figures(request, {
        sharing,
        count,
        crossings,
        stored,
        said: said.map((each) => each.join(" ")).join(", "),
      });
    },
  };
}

export const tenantsRows: readonly Row[] = [tenantsRow("redis"), tenantsRow("memory")];

function figures(
  { seed }: RowRequest,
  found: {
    readonly sharing: Sharing;
    readonly count: number;
    readonly crossings: Crossings;
    readonly stored: StoredEntries | undefined;
    /** What one kernel counted at its cache. */
    readonly said: string;
  },
): readonly Figure[] {
  const { sharing, count, crossings, stored, said } = found;
  const over = sharing === "redis" ? "over Redis" : "in memory";
  const figure = (
    name: string,
    about: { readonly value: number; readonly n: number; readonly note: string },
  ): Figure => ({
    ...{ row: "fault-8", name: `${name}, ${over}`, unit: "", goal: { atMost: 0 }, seed, ...about },
  });
  const failures = crossings.failures.length === 0 ? "none failed" : `failed: ${crossings.failures.join(", ")}`;
  const notes: Readonly<Record<Crossing, string>> = {
    read: `${count} operations, ${failures}`,
    event: "",
    flight: "",
    batch: `one kernel's reads: ${said}`,
  };
  const crossed = (Object.keys(names) as Crossing[]).map((what) => {
    const seen = crossings.of(what);
    return figure(names[what], {
      ...{ value: seen.wrong, n: seen.count },
      note: seen.wrong === 0 ? notes[what] : `first: ${seen.first}`,
    });
  });
  if (stored === undefined) return crossed;
  return [
    ...crossed,
    figure("entries under another scope's name", {
      ...{ value: stored.misplaced.length, n: stored.count },
      note: stored.misplaced[0] ?? `of ${stored.scopes} scopes`,
    }),
  ];
}
