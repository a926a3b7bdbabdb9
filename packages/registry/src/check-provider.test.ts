import { CloudLinkError, type Provider } from "@cloudlink/core";
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

describe("checkProvider", () => {
  it("takes a whole provider", () => {
    expect(checkProvider(whole)).toMatchObject({ name: "tiny", provider: whole });
  });

  it("names both sides' contract versions where they have none in common", () => {
    const error = errorOf({ ...whole, contractVersion: "v2beta1" });
    expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrUnsupportedContract", origin: "plugin" });
    expect(error.message).toMatch(/"tiny" speaks version v2beta1 .* speaks v1alpha1/);
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
            actions: { dim: { operations: [], dryRun: false, longRunning: true } },
          },
        ],
      }),
      /has no list\(\); .* has no act\(\); .* has no follow\(\)/,
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
