import type { ActionCapability } from "@cloudlink/core";
import type { Harness, VendorFaults } from "./harness.ts";
import { capabilitiesOf, handlerOf } from "./provider-part.ts";

/** What not every provider declares, nor every harness can do. A case names those it needs. */
export const features = {
  get: "the provider declares get",
  getMany: "the provider declares getMany",
  list: "the provider declares list",
  actions: "the provider declares actions, and there is something to act upon",
  dryRun: "the provider declares an action that the vendor can be asked about without doing it",
  follow: "the provider declares an action that goes on after the first answer",
  wrongState: "there are resources in whose state an action is not possible",
  malformed: "the vendor has a form of ids, so that one can be malformed",
  otherPlace: "there is a second account to look into",
  vendorRequests: "the vendor's side counts its requests",
  clock: "the provider reads its context's clock",
  hold: "the vendor can be made to keep its answer back",
  clientGone: "the vendor's side sees a client go away",
  throttle: "the vendor can be made to throttle",
  denied: "there are credentials that may not read",
  expired: "there are credentials that have expired",
  unknownKeys: "the vendor checks credentials",
  brokenBody: "the vendor can be made to send a body that cannot be decoded",
  cut: "the vendor can be made to cut a connection",
  serverError: "the vendor can be made to fail",
  answerLost: "the vendor can be made to lose an answer after it has done what was asked",
  cutBefore: "the vendor can be made to cut a connection before it does anything",
  echoedSecret: "the vendor can be made to repeat secrets in an error",
} as const;

export type Feature = keyof typeof features;

/** Every feature, in the order of the README. */
export const featureNames = Object.keys(features) as readonly Feature[];

/** Whether this harness, with the provider it makes, has the feature. */
export async function hasFeature(harness: Harness, feature: Feature): Promise<boolean> {
  switch (feature) {
    case "get":
    case "getMany":
    case "list":
      return await declares(harness, feature);
    case "actions":
      return harness.actions !== undefined && (await declaresAction(harness, () => true));
    case "dryRun":
      return await declaresAction(harness, ({ dryRun }) => dryRun);
    case "follow":
      return await declaresAction(harness, ({ follow }) => follow !== undefined);
    case "wrongState":
      return harness.actions?.wrongState !== undefined;
    case "malformed":
      return (harness.malformed?.length ?? 0) > 0;
    case "otherPlace":
      return harness.otherPlace !== undefined;
    case "vendorRequests":
      return harness.vendorRequests !== undefined;
    case "clock":
      return harness.ownClock !== true;
    case "clientGone": {
      await using held = await harness.faults.hold?.();
      return held?.clientGone !== undefined;
    }
    default:
      return harness.faults[feature satisfies keyof VendorFaults] !== undefined;
  }
}

async function declaresAction(harness: Harness, which: (action: ActionCapability) => boolean): Promise<boolean> {
  const provider = harness.createProvider();
  try {
    return Object.values(capabilitiesOf(provider, harness.kind)?.actions ?? {}).some(which);
  } finally {
    await provider.close();
  }
}

async function declares(harness: Harness, capability: "get" | "getMany" | "list"): Promise<boolean> {
  const provider = harness.createProvider();
  try {
    // A method without a declaration counts too: the cases that find it wrong shall see it.
    const declared = capabilitiesOf(provider, harness.kind)?.[capability] !== undefined;
    return declared || handlerOf(provider, harness.kind)?.[capability] !== undefined;
  } finally {
    await provider.close();
  }
}
