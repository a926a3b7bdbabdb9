import type { Context, Observation, Outcome, ProviderCall } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { acceptObservation, withDeclaredLag } from "./observation.ts";
import { providerError, providerFault } from "./provider-fault.ts";
import type { ReadPlan } from "./read-plan.ts";
import type { Reading } from "./reading.ts";
import { callVendor } from "./vendor-call.ts";

/** Readings of one scope and view that one call of the provider's is made for. */
interface ReadBatch {
  readonly call: KernelCall;
  readonly ctx: Context;
  /** One at least; one alone where it is `get` that is called. */
  readonly readings: readonly Reading[];
  readonly by: ReadPlan["by"];
}

/** An outcome for each of the readings, in their order. @throws what the call for all of them failed by. */
export async function readBatch(kernel: Kernel, batch: ReadBatch): Promise<readonly Outcome<Observation<unknown>>[]> {
  const { call, ctx, readings, by } = batch;
  const [{ plan, ref }] = readings as [Reading];
  const { scope, route } = plan;
  const { provider, capabilities } = route;
  return await callVendor(kernel, {
    call,
    ctx,
    provider,
    scope,
    operations: capabilities[by]?.operations ?? [],
    ...(readings.length === 1 && { resource: ref.key }),
    mostPatientMs: () => readings.reduce((longest, { flight }) => Math.max(longest, flight.patienceMs()), 0),
    waiting({ error, delayMs }) {
      const wait = {
        waitMs: delayMs,
        get error() {
          return error();
        },
      };
      for (const { flight } of readings) flight.dismiss(wait);
    },
    run: async (providerCall) => {
      const given = new Map<string, Outcome<Observation<unknown>>>();
      for (const outcome of await ask(providerCall, batch)) given.set(outcome.ref.key, outcome);
      return readings.map((reading) => acceptOutcome(given.get(reading.ref.key), { call, by, reading }));
    },
  });
}

async function ask(
  providerCall: ProviderCall,
  { readings, by }: ReadBatch,
): Promise<readonly Outcome<Observation<unknown>>[]> {
  const [{ plan, ref }] = readings as [Reading];
  const { view, route } = plan;
  const { provider, handler } = route;
  if (by === "getMany") {
    if (handler.getMany === undefined) {
      throw providerFault(provider, `it declares getMany for ${handler.kind.name} and does not have it`);
    }
    return await handler.getMany(providerCall, { refs: readings.map((reading) => reading.ref), view });
  }
  if (handler.get === undefined) {
    throw providerFault(provider, `it declares get for ${handler.kind.name} and does not have it`);
  }
  return [{ ok: true, ref, state: await handler.get(providerCall, { ref, view, native: false }) }];
}

/** What the provider gave for one ref. What is wrong with it is that ref's trouble, and spoils no other. */
function acceptOutcome(
  given: Outcome<Observation<unknown>> | undefined,
  { call, by, reading }: Pick<ReadBatch, "call" | "by"> & { readonly reading: Reading },
): Outcome<Observation<unknown>> {
  const { plan, ref } = reading;
  const { kind, view, scope, provider } = plan;
  try {
    if (given === undefined) throw providerFault(provider, "it left a ref without an outcome");
    if (!given.ok) throw given.error;
    const expected = { call, provider, kind, scope, view, ref, maxLagMs: reading.maxLagMs };
    const said = withDeclaredLag(given.state, plan.route.capabilities[by]);
    return { ok: true, ref, state: acceptObservation(said, expected) };
  } catch (error) {
    return { ok: false, ref, error: providerError(error, provider) };
  }
}
