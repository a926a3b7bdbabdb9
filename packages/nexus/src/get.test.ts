import { inspect } from "node:util";
import { background, CloudLinkError, createRef, VirtualMachine } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf, notFound } from "../test/errors.ts";
import { fakeEvents, fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
const accounts = [{ provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" }];

describe("get", () => {
  it("gives the state from the provider that the ref names", async () => {
    const provider = fakeProvider();
    const other = fakeProvider({ name: "other" });
    const nexus = createNexus({ providers: [other, provider] });
    const answer = await nexus.get(ctx, { kind: Thing, ref });
    expect(answer).toMatchObject({ ref, view: "standard", value: { id: "a", state: "running" } });
    expect(answer.freshness.source).toBe("live");
    expect(answer.stats).toMatchObject({ vendorCalls: 1, retries: 0 });
    expect(provider.requests).toHaveLength(1);
    expect(other.requests).toHaveLength(0);
  });

  it("takes the ref's text and the vendor's own id in its place", async () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    expect((await nexus.get(ctx, { kind: Thing, ref: ref.key })).ref.key).toBe(ref.key);
    expect((await nexus.get(ctx, { kind: Thing, ref: "thing:1:north:a" })).ref.key).toBe(ref.key);
  });

  it("serialises with its trace id", async () => {
    const answer = await createNexus({ providers: [fakeProvider()] }).get(ctx, { kind: Thing, ref });
    expect(JSON.parse(JSON.stringify(answer))).toMatchObject({
      ref: ref.key,
      traceId: answer.traceId,
      view: "standard",
    });
  });

  it("gives plain data: spread, cloned and shown it has all its parts, and nobody can change one", async () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    for (const native of [false, true]) {
      const answer = await nexus.get(ctx, { kind: Thing, ref, native });
      const { traceId } = answer;
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect({ ...answer }.traceId).toBe(traceId);
      expect(structuredClone(answer)).toMatchObject({ traceId, view: "standard", stats: answer.stats });
      expect(inspect(answer)).toContain(traceId);
      expect([answer, answer.freshness, answer.stats, answer.value].map(Object.isFrozen)).toEqual(Array(4).fill(true));
    }
    const { outcomes } = await nexus.getMany(ctx, { kind: Thing, refs: [ref] });
    expect(outcomes[0]?.ok === true && Object.isFrozen(outcomes[0].state)).toBe(true);
    for await (const { items } of nexus.list(ctx, { kind: Thing })) expect(items.every(Object.isFrozen)).toBe(true);
  });

  const mistakes: { readonly what: string; readonly ref: unknown; readonly reason: string; readonly says: string }[] = [
    { what: "a text that is no ref", ref: "nonsense", reason: "ErrInvalidRef", says: "nonsense" },
    { what: "something that is no text", ref: 7, reason: "ErrInvalidRef", says: "number" },
    { what: "an object without a prototype", ref: Object.create(null), reason: "ErrInvalidRef", says: "object" },
    { what: "a ref of another kind", ref: "fake/-/1/north/test.Other/a", reason: "ErrInvalidRef", says: "test.Other" },
    {
      what: "a ref without the region it needs",
      ref: "fake/-/1/-/test.Thing/a",
      reason: "ErrInvalidRef",
      says: "region",
    },
    { what: "an unknown provider", ref: "who/-/1/north/test.Thing/a", reason: "ErrUnknownProvider", says: "fake" },
    { what: "an unknown partition", ref: "fake/moon/1/north/test.Thing/a", reason: "ErrUnknownRegion", says: "moon" },
    { what: "an unknown account", ref: "fake/-/2/north/test.Thing/a", reason: "ErrUnknownAccount", says: "fake/-/2" },
    { what: "an unknown region", ref: "fake/-/1/south/test.Thing/a", reason: "ErrUnknownRegion", says: "north" },
  ];
  it.each(mistakes)("refuses $what before anything is asked of the provider", async ({ ref: wrong, reason, says }) => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], accounts });
    const error = await failureOf(nexus.get(ctx, { kind: Thing, ref: wrong as string }));
    expect(error).toMatchObject({ code: "invalid_argument", reason, origin: "caller", operation: "get" });
    expect(error.message).toContain(says);
    expect(error.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(provider.requests).toHaveLength(0);
  });

  it("refuses a kind, or a major version of it, that the provider does not have, and names those it has", async () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    const machine = createRef({ ...ref, kind: VirtualMachine.name });
    expect(await failureOf(nexus.get(ctx, { kind: VirtualMachine, ref: machine }))).toMatchObject({
      reason: "ErrUnknownKind",
      provider: "fake",
      rawMessage: expect.stringContaining("test.Thing v1"),
    });
    const next = { ...Thing, major: 2 };
    expect(await failureOf(nexus.get(ctx, { kind: next, ref }))).toMatchObject({ reason: "ErrUnknownKind" });
  });

  it("refuses a ref with a region for a kind that is not addressed by one", async () => {
    const nexus = createNexus({ providers: [fakeProvider({ capabilities: { regional: false } })] });
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref }))).toMatchObject({ reason: "ErrInvalidRef" });
    const nowhere = thingRef("a", { region: "-" });
    expect((await nexus.get(ctx, { kind: Thing, ref: nowhere })).ref.key).toBe(nowhere.key);
  });

  it("repeats a hostile text neither in the error's ref nor at length in its message", async () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    for (const text of ["x".repeat(10_000_000), `thing:1:north:${"y".repeat(1_000_000)}`, "\u001b[2J/\u0000"]) {
      const error = await failureOf(nexus.get(ctx, { kind: Thing, ref: text }));
      expect(error.reason).toBe("ErrInvalidRef");
      expect(error.ref).toBeUndefined();
      expect(error.message.length).toBeLessThan(500);
      expect(error.message).not.toMatch(/\p{Cc}/u);
    }
  });

  it.each([-1, Number.NaN, "5" as unknown as number])("refuses maxAgeMs %s", async (maxAgeMs) => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref, maxAgeMs }))).toMatchObject({
      reason: "ErrInvalidRequest",
    });
  });

  it("rejects with not_found, the canonical ref and the provider for a resource that is absent", async () => {
    const events = fakeEvents();
    const provider = fakeProvider({ get: () => Promise.reject(notFound()) });
    const nexus = createNexus({ providers: [provider], events });
    const error = await failureOf(nexus.get(ctx, { kind: Thing, ref: "thing:1:north:a" }));
    expect(error).toMatchObject({ code: "not_found", provider: "fake", operation: "get", ref: ref.key });
    expect(events.published).toMatchObject([{ type: "absent", kind: Thing.name, ref: ref.key }]);
  });

  it("keeps what the provider said it was doing", async () => {
    const error = new CloudLinkError({
      reason: "ErrPermissionDenied",
      message: "No.",
      origin: "vendor",
      operation: "x:Describe",
    });
    const nexus = createNexus({ providers: [fakeProvider({ get: () => Promise.reject(error) })] });
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref }))).toMatchObject({
      operation: "x:Describe",
      origin: "vendor",
    });
  });

  it("tells telemetry once how the call ended, under the provider's name only if there is such a provider", async () => {
    const telemetry = fakeTelemetry();
    const nexus = createNexus({ providers: [fakeProvider()], telemetry });
    const answer = await nexus.get(ctx, { kind: Thing, ref });
    await failureOf(nexus.get(ctx, { kind: Thing, ref: "who/-/1/north/test.Thing/a" }));
    expect(telemetry.calls).toMatchObject([
      { operation: "get", provider: "fake", kind: "test.Thing", code: "ok", source: "live", traceId: answer.traceId },
      { operation: "get", provider: "*", code: "invalid_argument" },
    ]);
  });
});

describe("the view of a get", () => {
  it("is the one asked for, or a wider one that the provider has", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    expect((await nexus.get(ctx, { kind: Thing, ref, view: "health" })).view).toBe("health");
    expect((await nexus.get(ctx, { kind: Thing, ref, view: "state" })).view).toBe("standard");
    expect(provider.requests).toMatchObject([{ request: { view: "health" } }, { request: { view: "standard" } }]);
  });

  it("is unimplemented where the provider has none wide enough, and invalid where the kind has none of that name", async () => {
    const get = { operations: ["get"], views: ["state"] };
    const nexus = createNexus({ providers: [fakeProvider({ capabilities: { get } })] });
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref }))).toMatchObject({
      code: "unimplemented",
      provider: "fake",
    });
    const error = await failureOf(nexus.get(ctx, { kind: Thing, ref, view: "wide" }));
    expect(error).toMatchObject({ reason: "ErrInvalidRequest", rawMessage: expect.stringContaining("standard") });
  });
});

describe("the native body", () => {
  const body = { Name: "a", adminPassword: "hunter2" };
  const get = async () => ({ ...observationOf(ref), native: body });

  it("comes redacted, and only when it is asked for", async () => {
    const nexus = createNexus({ providers: [fakeProvider({ get, capabilities: { sensitive: ["adminPassword"] } })] });
    expect((await nexus.get(ctx, { kind: Thing, ref, native: true })).native).toEqual({
      Name: "a",
      adminPassword: "[redacted]",
    });
    expect(await nexus.get(ctx, { kind: Thing, ref })).not.toHaveProperty("native");
    expect(body.adminPassword).toBe("hunter2");
  });

  it("is unimplemented where the provider does not declare it", async () => {
    const declared = { operations: [], views: ["standard"] };
    const nexus = createNexus({ providers: [fakeProvider({ get, capabilities: { get: declared } })] });
    expect(await failureOf(nexus.get(ctx, { kind: Thing, ref, native: true }))).toMatchObject({
      code: "unimplemented",
    });
  });
});
