import type { Context, Ref, ScopeParts } from "@cloudlink/core";
import type { Random, Subjects } from "@cloudlink/measure";
import { IDS } from "./adversarial-names.ts";
import { type Population, REGIONS, seats } from "./population.ts";
import { ownIdOf, stampOf } from "./stamp.ts";
import type { ThingKind } from "./stamping-provider.ts";

/** How many waves run at the same time, with how many operations each at once; and how often as many more: what some have read is there for others. */
export const WAVES = 4;
export const TOGETHER = 64;
export const ROUNDS = 8;

/** So few tenants, places and ids are in a wave that what they do meets: in flights, batches, entries and keys. */
const TENANTS = 6;
const PLACES = 4;
const ALIKE = 4;

/** The share of what is asked for that nobody else asks for. */
const OWN = 0.3;

/** What operations are about that run at the same time, and soon after each other. */
export interface Wave {
  readonly tenants: readonly string[];
  readonly places: readonly (ScopePlace & { readonly region: string })[];
  readonly ids: readonly string[];
  /** Ref objects, by their text: the tenants of a program use the same ones. */
  readonly refs: Map<string, Ref>;
}

type ScopePlace = Pick<ScopeParts, "provider" | "partition" | "account">;

/** Something that somebody asks for. */
export interface Target {
  readonly scope: ScopeParts;
  readonly ref: Ref;
}

/** With `/` between, a tenant and an account give the same text as another tenant of the family and the other account. */
const alikeAccounts: readonly string[] = ["b", "a/b"];

export function planWave(random: Random, population: Population): Wave {
  const [name, nameAndAccount, ...others] = random.pick(population.families);
  const family = [name, nameAndAccount].filter((tenant) => tenant !== undefined);
  // Somebody who has nothing to do with them.
  const stranger = random.pick(random.pick(population.families));
  const tenants = [...family, ...random.shuffled(others).slice(0, TENANTS - family.length), stranger];
  const alike = alikeAccounts.map((account) => random.pick(seats.filter((seat) => seat.account === account)));
  const seated = [...alike, ...Array.from({ length: PLACES - alike.length }, () => random.pick(seats))];
  const places = seated.map((seat) => ({ ...seat, region: random.pick(REGIONS) }));
  const ids = Array.from({ length: ALIKE }, () => random.pick(IDS));
  return { tenants, places, ids, refs: new Map() };
}

/** What a tenant asks for: something of which the others have the like, or something of its own. */
export function chooseTarget({ core, kind, random, population, wave }: Choosing, tenant: string): Target {
  const place = random.pick(wave.places);
  const scope = population.scopeOf(tenant, place);
  const id = random.chance(OWN) ? ownIdOf(stampOf(scope)) : random.pick(wave.ids);
  const made = core.createRef({ ...place, kind: kind.name, id });
  const ref = wave.refs.get(made.key) ?? made;
  wave.refs.set(made.key, ref);
  return { scope, ref };
}

/** What choices are made of. */
export interface Choosing {
  readonly core: Subjects["core"];
  readonly kind: ThingKind;
  readonly random: Random;
  readonly population: Population;
  readonly wave: Wave;
}

export function contextOf({ core }: Pick<Choosing, "core">, tenant: string): Context {
  return core.background().withTenant(tenant);
}
