import { background, type Provider } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus, type NexusSettings } from "./create-nexus.ts";

const account = { provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" };
const badTemplate = [{ template: "{a}{b}" }];

describe("createNexus", () => {
  const mistakes: { readonly what: string; readonly settings: Partial<NexusSettings>; readonly says: string }[] = [
    { what: "two providers of one name", settings: { providers: [fakeProvider(), fakeProvider()] }, says: '"fake"' },
    {
      what: "a provider of another contract",
      settings: { providers: [{ ...fakeProvider(), contractVersion: "v9" } as unknown as Provider] },
      says: "v9",
    },
    {
      what: "a template that is none",
      settings: { providers: [fakeProvider({ capabilities: { refTemplates: badTemplate } })] },
      says: "{a}{b}",
    },
    { what: "one account twice", settings: { accounts: [account, { ...account, role: "admin" }] }, says: "fake/-/1" },
    { what: "a timeout of 0", settings: { defaultTimeoutMs: 0 }, says: "defaultTimeoutMs" },
    { what: "a timeout that is no number", settings: { defaultTimeoutMs: Number.NaN }, says: "defaultTimeoutMs" },
    { what: "a concurrency of 0", settings: { concurrency: 0 }, says: "concurrency" },
    { what: "half a concurrency", settings: { concurrency: 1.5 }, says: "concurrency" },
    { what: "a short token key", settings: { tokenKey: new Uint8Array(31) }, says: "tokenKey" },
  ];
  it.each(mistakes)("refuses $what", ({ settings, says }) => {
    const make = () => createNexus({ providers: [fakeProvider()], ...settings });
    expect(make).toThrow(
      expect.objectContaining({ reason: "ErrInvalidSettings", message: expect.stringContaining(says) }),
    );
  });

  it("names its providers and kinds, each kind once", () => {
    const providers = [fakeProvider(), fakeProvider({ name: "other" })];
    const nexus = createNexus({ providers });
    expect(nexus.providers()).toEqual(providers);
    expect(nexus.kinds()).toEqual([Thing]);
  });

  it("routes each call to the provider that its directory has at that moment", async () => {
    let current = fakeProvider();
    const nexus = createNexus({
      providers: { current: (name) => (name === "fake" ? current : undefined), list: () => [current] },
    });
    const old = current;
    await nexus.get(background(), { kind: Thing, ref: thingRef("a") });
    current = fakeProvider({
      capabilities: { refTemplates: [{ template: "new:{account}:{region}:{id}", parts: { partition: "-" } }] },
    });
    await nexus.get(background(), { kind: Thing, ref: "new:1:north:a" });
    expect([old.requests.length, current.requests.length]).toEqual([1, 1]);
    expect((await failureOf(nexus.get(background(), { kind: Thing, ref: "thing:1:north:a" }))).reason).toBe(
      "ErrInvalidRef",
    );
  });
});

describe("refs", () => {
  it("and the vendor's ids stand for each other", () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    const ref = nexus.resolveRef("thing:1:north:a");
    expect(ref.key).toBe(thingRef("a").key);
    expect(nexus.nativeId(ref)).toBe("thing:1:north:a");
    expect(nexus.resolveRef(ref.key).key).toBe(ref.key);
  });

  it("have no vendor's id where no template fits, and are refused where there is no such provider", () => {
    const nexus = createNexus({ providers: [fakeProvider({ capabilities: { refTemplates: [] } })] });
    expect(nexus.nativeId(thingRef("a"))).toBeUndefined();
    expect(() => nexus.nativeId(thingRef("a", { provider: "who" }))).toThrow('"who"');
  });

  it("of a provider are never taken for another's by a template of that", () => {
    const greedy = fakeProvider({
      name: "greedy",
      capabilities: { refTemplates: [{ template: "fake/{partition}/{account}/{region}/test.Thing/{id}" }] },
    });
    const nexus = createNexus({ providers: [greedy, fakeProvider()] });
    expect(nexus.resolveRef(thingRef("a").key).provider).toBe("fake");
  });
});
