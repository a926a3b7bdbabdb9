import { CloudLinkError, type ListCapability, type Provider } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { lampCapabilities, tinyProvider } from "../test/tiny-provider.ts";
import { checkProvider } from "./check-provider.ts";

const whole = tinyProvider();

function errorOf(provider: unknown): CloudLinkError {
  try {
    checkProvider(provider);
  } catch (error) {
    if (CloudLinkError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("It was expected to throw.");
}

function withMetadata(metadata: Partial<Provider["metadata"]>): Provider {
  return { ...whole, metadata: { ...whole.metadata, ...metadata } };
}

/** The parts of a ref that the templates here do not capture. */
const everywhere = { partition: "-", account: "home", region: "-" };

function withList(list: ListCapability): Provider {
  const kinds = whole.kinds.map((handler) => ({ ...handler, list: async function* () {} }));
  return { ...withMetadata({ kinds: [{ ...lampCapabilities, list }] }), kinds };
}

describe("checkProvider", () => {
  it("takes a whole provider", () => {
    expect(checkProvider(whole)).toMatchObject({ name: "tiny", provider: whole });
  });

  it("takes templates that compile, tags and the kind's filters, and limits of what is sent", () => {
    const list = { operations: ["list"], views: ["standard"], pushDown: ["room", "tags"], maxPageSize: 10 };
    const provider = withList(list);
    const { kinds } = provider.metadata;
    const limits = [{ name: "all", dimensions: [], operations: ["read", "list"], burst: 1, refillPerSecond: 1 }];
    const refTemplates = [{ template: "lamp:{id}", parts: everywhere }];
    const metadata = { ...provider.metadata, kinds: kinds.map((kind) => ({ ...kind, refTemplates })), limits };
    expect(checkProvider({ ...provider, metadata }).name).toBe("tiny");
  });

  it("names both sides' contract versions where they have none in common", () => {
    const error = errorOf({ ...whole, contractVersion: "v2beta1" });
    expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrUnsupportedContract", origin: "plugin" });
    expect(error.message).toMatch(/"tiny" speaks version "v2beta1" .* speaks v1alpha1/);
    expect(errorOf({ ...whole, contractVersion: undefined }).message).toContain("version none");
  });

  it.each([
    ["a function", () => whole, /Call it/],
    ["nothing", undefined, /expected/],
    ["no metadata", { ...whole, metadata: undefined }, /no name/],
    ["a name that refs cannot have", withMetadata({ name: "Tiny" }), /no name that refs can have/],
    ["a version with a v", withMetadata({ version: "v1.2.3" }), /not a semantic version/],
    ["a version of two numbers", withMetadata({ version: "1.2" }), /not a semantic version/],
    ["a kind without a handler", { ...whole, kinds: [] }, /declares home\.Lamp v1 and has no handler/],
    [
      "a handler of another major",
      withMetadata({ kinds: [{ ...lampCapabilities, major: 2 }] }),
      /v2 and has no handler/,
    ],
    ["a kind twice", withMetadata({ kinds: [lampCapabilities, lampCapabilities] }), /declares home\.Lamp v1 twice/],
    [
      "methods that are not there",
      withMetadata({
        kinds: [
          {
            ...lampCapabilities,
            list: { operations: [], views: [], pushDown: [], maxPageSize: 1 },
            actions: { dim: { operations: [], dryRun: false, follow: { operations: [] } } },
          },
        ],
      }),
      /has no list\(\); .* has no act\(\); .* has no follow\(\)/,
    ],
    [
      "a template that does not compile",
      withMetadata({ kinds: [{ ...lampCapabilities, refTemplates: [{ template: "lamp:{id" }] }] }),
      /a template of home\.Lamp v1 does not compile: The template "lamp:\{id" has a brace/,
    ],
    [
      "a template without an account",
      withMetadata({
        kinds: [
          {
            ...lampCapabilities,
            refTemplates: [{ template: "ok:{id}", parts: everywhere }, { template: "lamp:{id}" }],
          },
        ],
      }),
      /Nothing in the template "lamp:\{id\}" gives the partition/,
    ],
    [
      "no list of templates",
      withMetadata({ kinds: [{ ...lampCapabilities, refTemplates: undefined as never }] }),
      /form of one/,
    ],
    [
      "a view that the kind does not have",
      withMetadata({
        kinds: [
          {
            ...lampCapabilities,
            get: { operations: ["read"], views: ["standard", "glow"] },
          },
        ],
      }),
      /get of home\.Lamp v1 declares the view "glow", and the kind has "standard"/,
    ],
    [
      "a filter that the kind does not have",
      withList({ operations: ["read"], views: ["standard"], pushDown: ["tags", "room", "on"], maxPageSize: 1 }),
      /list of home\.Lamp v1 pushes down "on", and the kind has "room", "tags"/,
    ],
    [
      "an action that the kind does not have",
      withMetadata({
        kinds: [{ ...lampCapabilities, actions: { dim: { operations: [], dryRun: false } } }],
      }),
      /declares the action "dim", and the kind has none/,
    ],
    [
      "a limit that counts what nothing sends",
      withMetadata({
        limits: [{ name: "reads", dimensions: [], operations: ["read", "raed"], burst: 1, refillPerSecond: 1 }],
      }),
      /the limit "reads" counts "raed", which no capability declares/,
    ],
    ["no close", { ...whole, close: undefined }, /no close\(\)/],
    ["kinds that are no list", { ...whole, kinds: {} }, /no list of kinds/],
    ["a kind that is null", withMetadata({ kinds: [null as never] }), /form of one/],
  ])("refuses %s as a fault of the provider", (_, provider, message) => {
    const error = errorOf(provider);
    expect(error).toMatchObject({ code: "internal", reason: "ErrProviderFault", origin: "plugin" });
    expect(error.message).toMatch(message);
  });
});
