import { background, CloudLinkError, type Context } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { pagesOf } from "../test/pages.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
const whole = { kind: Thing, ref, refs: [ref] };

describe("a call from JavaScript", () => {
  const mistakes: { readonly what: string; readonly given: readonly unknown[]; readonly says: string }[] = [
    { what: "nothing at all", given: [], says: "background()" },
    { what: "the request in the context's place", given: [whole], says: "background()" },
    { what: "null for a context", given: [null, whole], says: "background()" },
    { what: "a signal for a context", given: [new AbortController().signal, whole], says: "background()" },
    { what: "no request", given: [ctx], says: "the request comes second" },
    { what: "a text for a request", given: [ctx, ref.key], says: "the request comes second" },
    { what: "no kind", given: [ctx, { ...whole, kind: undefined }], says: "kind is missing" },
    { what: "a kind that is none", given: [ctx, { ...whole, kind: {} }], says: "kind is missing" },
    {
      what: "a misspelt field",
      given: [ctx, { kind: Thing, wehre: {} }],
      says: 'there is no field "wehre". There are: kind, ',
    },
    { what: "a kind's name", given: [ctx, { ...whole, kind: Thing.name }], says: "not its name" },
  ];
  it.each(mistakes)("is refused with $what, and told what to give, with a trace id", async ({ given, says }) => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    const [asContext, asRequest] = given as [Context, typeof whole];
    for (const [operation, calling] of [
      ["get", nexus.get(asContext, asRequest)],
      ["getMany", nexus.getMany(asContext, asRequest)],
      ["list", pagesOf(nexus.list(asContext, asRequest))],
    ] as const) {
      const error = await failureOf(calling);
      expect(error).toMatchObject({ reason: "ErrInvalidRequest", origin: "caller", operation });
      expect(error.message).toContain(says);
      expect(error.traceId).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(provider.requests).toEqual([]);
  });

  it("is refused with the trace id of its context", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const traced = ctx.withTraceparent(`00-${traceId}-b7ad6b7169203331-01`);
    const nexus = createNexus({ providers: [fakeProvider()] });
    expect((await failureOf(nexus.get(traced, {} as never))).traceId).toBe(traceId);
  });

  it("is refused with what is no list where a list belongs", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    for (const refs of [undefined, null, ref, ref.key, { 0: ref }]) {
      const error = await failureOf(nexus.getMany(ctx, { kind: Thing, refs: refs as never }));
      expect(error).toMatchObject({ reason: "ErrInvalidRequest", message: expect.stringContaining("refs is a list") });
    }
    for (const name of ["accounts", "regions", "providers"]) {
      for (const given of ["12", null, 1, {}, [1], [undefined]]) {
        const error = await failureOf(pagesOf(nexus.list(ctx, { kind: Thing, [name]: given })));
        expect(error).toMatchObject({
          reason: "ErrInvalidRequest",
          message: expect.stringContaining(`${name} is a list`),
        });
      }
    }
    expect(provider.requests).toEqual([]);
  });

  it("for a native id is refused with what is no ref", () => {
    const nexus = createNexus({ providers: [fakeProvider()] });
    for (const given of [undefined, null, ref.key, {}]) {
      expect(() => nexus.nativeId(given as never)).toThrow(CloudLinkError);
      expect(() => nexus.nativeId(given as never)).toThrow(expect.objectContaining({ reason: "ErrInvalidRef" }));
    }
  });
});
