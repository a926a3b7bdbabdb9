import type { CloudLinkError, Ref, ResourceState } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import type { Random } from "@cloudlink/measure";
import type { Crossings } from "./crossings.ts";
import { stampOf } from "./stamp.ts";
import { type Choosing, chooseTarget, contextOf, type Target } from "./wave.ts";

/** Where operations are made. */
export interface Scene extends Choosing {
  readonly calls: readonly [Calls, Calls];
  readonly crossings: Crossings;
}

/** A call that is ready to be made: what is random about it has been chosen. */
type Operation = () => Promise<void>;

/** How often each is done, of a hundred and some. What invalidates more than one resource is dear, and makes everything miss. */
const weights: readonly (readonly [weight: number, choose: (scene: Scene) => Operation])[] = [
  [55, planGet],
  [16, planGetMany],
  [6, planList],
  [8, planAct],
  [8, planCached],
  [6, planInvalidateRef],
  [0.3, planInvalidateMany],
];

/** An operation at random. It fails for nobody: what went wrong is counted. */
export function planOperation(scene: Scene): Operation {
  const at = scene.random.next() * weights.reduce((sum, [weight]) => sum + weight, 0);
  let reached = 0;
  const [, choose = planGet] =
    weights.find(([weight]) => {
      reached += weight;
      return at < reached;
    }) ?? [];
  const operation = choose(scene);
  return async () => {
    try {
      await operation();
    } catch (error) {
      const { CloudLinkError } = scene.core;
      const reason = CloudLinkError.isInstance(error) ? error.reason : String(error);
      // Two send the same wish at the same time.
      if (reason !== "ErrActionInProgress") scene.crossings.failed(reason);
    }
  };
}

/** Who asks whom. */
function chooseAsker({ random, wave, calls, core }: Scene) {
  const tenant = random.pick(wave.tenants);
  const [own, other] = random.chance(0.5) ? calls : ([calls[1], calls[0]] as const);
  return { tenant, ctx: contextOf({ core }, tenant), own, other };
}

/** What a request may say of ages and views; twice as often it says nothing. */
const ages = [{}, {}, ...[0, 500, 10_000, 60_000, 600_000].map((maxAgeMs) => ({ maxAgeMs }))];
const views = [{}, {}, ...["state", "standard", "full"].map((view) => ({ view }))];

function chooseFreshness(random: Random) {
  return {
    ...random.pick(ages),
    ...(random.chance(0.2) && { staleWhileRevalidateMs: 5_000 }),
    ...(random.chance(0.2) && { staleIfErrorMs: 60_000 }),
  };
}

/** As an object that others use too, or as its text. */
function written(random: Random, ref: Ref): Ref | string {
  return random.chance(0.3) ? ref.key : ref;
}

/** Notes whether what somebody is told is what the scope that they read in sees. */
function check({ crossings }: Scene, { scope, ref }: Target, { ref: told, value }: ResourceState<unknown>): void {
  const { stamp, id } = value as { readonly stamp: string; readonly id: string };
  const isRight = stamp === stampOf(scope) && told.key === ref.key && id === ref.id;
  crossings.saw(
    "read",
    isRight,
    () => `${stampOf(scope)} asks for ${ref.key} and is told what ${stamp} sees of ${told.key}`,
  );
}

function planGet(scene: Scene): Operation {
  const { kind, random } = scene;
  const { tenant, ctx, own } = chooseAsker(scene);
  const target = chooseTarget(scene, tenant);
  const request = { kind, ref: written(random, target.ref), ...random.pick(views), ...chooseFreshness(random) };
  return async () => check(scene, target, await own.get(ctx, request));
}

function planGetMany(scene: Scene): Operation {
  const { kind, random } = scene;
  const { tenant, ctx, own } = chooseAsker(scene);
  const targets = Array.from({ length: 2 + random.below(5) }, () => chooseTarget(scene, tenant));
  const refs = targets.map(({ ref }) => written(random, ref));
  const request = { kind, refs, ...random.pick(views), ...chooseFreshness(random) };
  return async () => {
    const { outcomes } = await own.getMany(ctx, request);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.ok) check(scene, targets[index] as Target, outcome.state);
      else scene.crossings.failed(outcome.error.reason);
    }
  };
}

/** A list of a place, page by page through both kernels; somebody else goes on with it, too. */
function planList(scene: Scene): Operation {
  const { core, kind, random, wave, population } = scene;
  const { tenant, ctx, own, other } = chooseAsker(scene);
  const { scope } = chooseTarget(scene, tenant);
  const thief = random.pick(wave.tenants);
  const request = {
    ...{ kind, accounts: [scope.account], providers: [scope.provider], regions: [scope.region] },
    ...(random.chance(0.5) && { pageSize: 2 }),
    ...(random.chance(0.5) && { maxAgeMs: random.pick([0, 1_000, 60_000]) }),
  };
  const readOn = async (calls: Calls, whose: { readonly tenant: string; readonly pageToken?: string }) => {
    const { tenant: reader, ...position } = whose;
    const pages = calls.list(contextOf({ core }, reader), { ...request, ...position });
    for await (const { items, problems, nextPageToken } of pages) {
      for (const item of items) check(scene, { scope: population.scopeOf(reader, item.ref), ref: item.ref }, item);
      for (const { error } of problems) scene.crossings.failed(error.reason);
      return nextPageToken;
    }
    return undefined;
  };
  return async () => {
    ctx.throwIfDone();
    let pageToken = await readOn(own, { tenant });
    if (pageToken !== undefined && thief !== tenant) {
      const theft = readOn(other, { tenant: thief, pageToken });
      await refused(scene, {
        theft,
        reason: "ErrInvalidPageToken",
        what: `${thief} goes on with the list of ${tenant}`,
      });
    }
    for (let from = other; pageToken !== undefined; from = from === own ? other : own) {
      pageToken = await readOn(from, { tenant, pageToken });
    }
  };
}

/** An action, under a key that others use too, and somebody who follows it by its token in the other process; and somebody who may not. */
function planAct(scene: Scene): Operation {
  const { core, kind, random, wave } = scene;
  const { tenant, ctx, own, other } = chooseAsker(scene);
  const { ref } = chooseTarget(scene, tenant);
  const action = random.pick(["polish", "shake"] as const);
  // Of the wish alone: tenants who wish the same send the same key.
  const key = random.chance(0.5) ? { idempotencyKey: encodeURIComponent(`${action} ${ref.key}`).slice(0, 255) } : {};
  const thief = random.pick(wave.tenants);
  if (random.chance(0.1)) return async () => void (await own.dryRun(ctx, { kind, ref, action }));
  return async () => {
    const { token } = await own.act(ctx, { kind, ref: written(random, ref), action, ...key });
    await other.operation(ctx, { token });
    if (thief === tenant) return;
    const theft = other.operation(contextOf({ core }, thief), { token });
    await refused(scene, {
      theft,
      reason: "ErrInvalidOperationToken",
      what: `${thief} follows an action of ${tenant}`,
    });
  };
}

function planCached(scene: Scene): Operation {
  const { kind, random } = scene;
  const { tenant, ctx, own } = chooseAsker(scene);
  const target = chooseTarget(scene, tenant);
  const ref = written(random, target.ref);
  return async () => {
    for (const state of await own.cached(ctx, { kind, ref })) check(scene, target, state);
  };
}

function planInvalidateRef(scene: Scene): Operation {
  const { tenant, ctx, own } = chooseAsker(scene);
  const { ref } = chooseTarget(scene, tenant);
  const named = written(scene.random, ref);
  return async () => void (await own.invalidate(ctx, { ref: named }));
}

function planInvalidateMany(scene: Scene): Operation {
  const { kind, random } = scene;
  const { tenant, ctx, own } = chooseAsker(scene);
  const { scope, ref } = chooseTarget(scene, tenant);
  const selection = random.pick([
    {},
    { kind: kind.name },
    { account: scope.account },
    { provider: scope.provider, region: scope.region },
    { tags: { team: scope.account } },
    { kind: kind.name, tags: { id: ref.id } },
  ]);
  return async () => void (await own.invalidate(ctx, selection));
}

/** What somebody gets who uses another's token: nothing. */
async function refused(
  { core, crossings }: Scene,
  { theft, reason, what }: { readonly theft: Promise<unknown>; readonly reason: string; readonly what: string },
): Promise<void> {
  const error: unknown = await theft.then(
    () => undefined,
    (rejection: CloudLinkError) => rejection,
  );
  const isRefused = core.CloudLinkError.isInstance(error) && error.reason === reason;
  crossings.saw("read", isRefused, () => `${what}: ${String(error)}`);
}
