import { background, CloudLinkError, type Provider } from "@cloudlink/core";
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
  const unformed: readonly { readonly what: string; readonly settings: unknown; readonly says: string }[] = [
    { what: "no settings", settings: undefined, says: "at least the providers" },
    { what: "no providers", settings: {}, says: "providers is a list" },
    { what: "one provider for a list", settings: { providers: fakeProvider() }, says: "brackets" },
    { what: "a function for a provider", settings: { providers: [fakeProvider] }, says: "Call it" },
    {
      what: "a promise for a provider",
      settings: { providers: [Promise.resolve(fakeProvider())] },
      says: "no metadata",
    },
    { what: "nothing for a provider", settings: { providers: [undefined] }, says: "this is none" },
    { what: "a plugin for a provider", settings: { providers: [{ name: "aws", create() {} }] }, says: "no metadata" },
    {
      what: "a provider whose kinds lack parts",
      settings: { providers: [fakeProvider({ capabilities: { refTemplates: undefined } })] },
      says: "refTemplates",
    },
    { what: "one account for a list", settings: { providers: [], accounts: account }, says: "accounts is a list" },
    { what: "a text for a token key", settings: { providers: [], tokenKey: "x".repeat(32) }, says: "Uint8Array" },
  ];
  it.each(unformed)("refuses $what, and says what to give", ({ settings, says }) => {
    expect(() => createNexus(settings as NexusSettings)).toThrow(
      expect.objectContaining({ reason: "ErrInvalidSettings", message: expect.stringContaining(says) }),
    );
  });

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

  it("of a provider that nobody gave are refused with advice", async () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    const error = await failureOf(nexus.get(background(), { kind: Thing, ref: thingRef("a", { provider: "azure" }) }));
    expect(error.rawMessage).toBe(
      'There is no provider "azure". Registered: fake. Check the name, or give the kernel that provider too.',
    );
  });

  it("of one provider are understood whatever another's templates are", async () => {
    const broken = fakeProvider({ name: "broken", capabilities: { refTemplates: badTemplate } });
    const given = [broken, fakeProvider()];
    const directory = {
      current: (name: string) => given.find(({ metadata }) => metadata.name === name),
      list: () => given,
    };
    const nexus = createNexus({ providers: directory });
    const vendorId = "thing:1:north:a";
    expect((await nexus.get(background(), { kind: Thing, ref: vendorId })).ref.provider).toBe("fake");
    expect(nexus.nativeId(thingRef("a"))).toBe(vendorId);
    // Its own refs are taken in full; what cannot be had of it is refused with the reason.
    const ref = thingRef("a", { provider: "broken" });
    expect((await nexus.get(background(), { kind: Thing, ref: ref.key })).ref.key).toBe(ref.key);
    expect(() => nexus.nativeId(ref)).toThrow(
      expect.objectContaining({ reason: "ErrProviderFault", provider: "broken", cause: expect.any(CloudLinkError) }),
    );
    expect(() => nexus.resolveRef("nonsense")).toThrow(
      expect.objectContaining({
        reason: "ErrInvalidRef",
        message: expect.stringContaining('"broken" 1.2.3 has a ref template'),
      }),
    );
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
