import assert from "node:assert/strict";
import type { ActionCapability, ActionEffect, ActionState, CloudLinkError, Provider, Ref } from "@cloudlink/core";
import type { ActionOn, VendorFault, VendorFaults } from "./harness.ts";
import type { TestCall, Trial } from "./trial.ts";

/** An action that the provider declares. */
export interface DeclaredAction extends ActionCapability {
  readonly action: string;
  /** Whether the kind says that a repeat does no harm. */
  readonly isIdempotent: boolean;
}

/** The actions that the provider declares; at least one. */
export function actionsOf(
  trial: Trial,
  which: (action: DeclaredAction) => boolean = () => true,
): readonly DeclaredAction[] {
  const { kind } = trial.harness;
  const found = Object.entries(trial.capabilities.actions ?? {})
    .map(([action, declared]) => ({ ...declared, action, isIdempotent: kind.actions[action]?.idempotent === true }))
    .filter(which);
  assert(found.length > 0, "the provider declares no such action");
  return found;
}

/** More looks than any action takes: one that goes past it never ends. */
const MOST_LOOKS = 10_000;

/** Follows what goes on to its end, waiting as it asks to. @returns how often it looked. */
export async function followToEnd(
  trial: Trial,
  { on, state, provider }: { readonly on: ActionOn; readonly state: ActionState; readonly provider?: Provider },
): Promise<number> {
  let current = state;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    assertState(current);
    if (current.state !== "running") {
      assert.equal(current.state, "done", "what is no trial ended in another state");
      return looks;
    }
    await trial.ground.wait(current.pollAfterMs);
    const request = { ...on, token: current.token, ...(provider !== undefined && { provider }) };
    current = await trial.follow(trial.call(), request);
  }
  return assert.fail(`${on.action} never ends`);
}

/** It is of the form that the contract gives it, in another process too. */
export function assertState(state: ActionState): void {
  assert.deepStrictEqual(JSON.parse(JSON.stringify(state)), state, "it is another after a way through JSON");
  if (state.state !== "running") {
    assert(state.state === "done" || state.state === "allowed", `"${String(state.state)}" is no state`);
    return;
  }
  const { token, pollAfterMs, progress = 0 } = state;
  assert(typeof token === "string" && token !== "", "what runs has no token");
  assert(Number.isFinite(pollAfterMs) && pollAfterMs > 0, `${pollAfterMs} is no time to wait`);
  assert(progress >= 0 && progress <= 1, `${progress} is no progress`);
}

/** What an action was refused with, where it was refused under a fault. */
export interface ActFailure {
  readonly what: string;
  readonly error: CloudLinkError;
  readonly on: ActionOn;
  readonly call: TestCall;
  readonly fault: VendorFault;
  /** How many requests reached the vendor, where its side counts them. */
  readonly seen: number | undefined;
}

/** A fault that an action is tried under. */
export type ActFault = Exclude<keyof VendorFaults, "hold" | "echoedSecret">;

/** What may be said of an action that met the fault. */
export const possibleEffects: Readonly<Record<ActFault, readonly ActionEffect[]>> = {
  throttle: ["none"],
  denied: ["none"],
  expired: ["none"],
  unknownKeys: ["none"],
  serverError: ["unknown"],
  answerLost: ["unknown"],
  // The first line of the answer may have said that it was accepted; nobody can say that it was not.
  brokenBody: ["done", "unknown"],
  cut: ["done", "unknown"],
  cutBefore: ["none", "unknown"],
};

/** How each action itself fails under a fault, and that it says what may be said of its effect. */
export async function failuresUnder(
  trial: Trial,
  name: ActFault,
  options: { readonly dryRun?: boolean } = {},
): Promise<readonly ActFailure[]> {
  const { dryRun = false } = options;
  const failures: ActFailure[] = [];
  for (const { action } of actionsOf(trial, (declared) => !dryRun || declared.dryRun)) {
    const ref = await trial.ground.target(action);
    await trial.knowIdentity();
    await using fault = await trial.harness.faults[name]?.();
    assert(fault !== undefined, `the harness has no fault ${name}`);
    const call = trial.call(fault.lease === undefined ? {} : { lease: fault.lease });
    const what = `${action} at ${name}`;
    const before = await trial.harness.vendorRequests?.();
    const error = await trial.rejection(what, trial.act(call, { ref, action, dryRun }));
    const after = await trial.harness.vendorRequests?.();
    assertEffect(error, { what, possible: possibleEffects[name] });
    const seen = before === undefined || after === undefined ? undefined : after - before;
    failures.push({ what, error, on: { ref, action }, call, fault, seen });
  }
  return failures;
}

export function assertEffect(
  error: CloudLinkError,
  { what, possible }: { readonly what: string; readonly possible: readonly ActionEffect[] },
): void {
  const { effect } = error;
  assert(effect !== undefined, `${what}: nothing says whether anything was done (${error.message})`);
  assert(possible.includes(effect), `${what}: the effect is "${effect}", not ${possible.join(" or ")}`);
}

/** The vendor has carried it out so often. */
export async function assertCarriedOut(trial: Trial, on: ActionOn, times: number): Promise<void> {
  const found = await trial.ground.carriedOut(on);
  assert.equal(found, times, `the vendor carried ${on.action} out ${found} times`);
}

/** One action on one target, for each declared action in turn. */
export async function eachTarget(
  trial: Trial,
  run: (on: ActionOn, declared: DeclaredAction) => Promise<void>,
  which?: (action: DeclaredAction) => boolean,
): Promise<void> {
  for (const declared of actionsOf(trial, which)) {
    const ref: Ref = await trial.ground.target(declared.action);
    await run({ ref, action: declared.action }, declared);
  }
}
