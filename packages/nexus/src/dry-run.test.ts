import { background, CloudLinkError } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { failureOf, unavailable } from "../test/errors.ts";
import { fakeProvider } from "../test/fake-provider.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
const polish = { kind: Thing, ref, action: "polish" } as const;
const denied = new CloudLinkError({ reason: "ErrPermissionDenied", message: "Not you.", origin: "vendor" });

describe("a dry run", () => {
  it("says what would be called, as whom, and that it is allowed, and does nothing", async () => {
    const provider = fakeProvider();
    const answer = await createNexus({ providers: [provider] }).dryRun(ctx, polish);
    expect(answer).toMatchObject({
      ref,
      action: "polish",
      allowed: true,
      operations: ["polish"],
      principal: "somebody",
    });
    expect(answer).toMatchObject({ stats: { vendorCalls: 2 } });
    expect("denial" in answer).toBe(false);
    const acts = provider.requests.flatMap((each) => (each.method === "act" ? [each.request.dryRun] : []));
    expect(acts).toEqual([true]);
    expect(Object.isFrozen(answer)).toBe(true);
  });

  it("has the vendor's denial for an answer, which says who was denied", async () => {
    const provider = fakeProvider({ act: () => Promise.reject(denied) });
    const answer = await createNexus({ providers: [provider] }).dryRun(ctx, polish);
    expect(answer).toMatchObject({ allowed: false, principal: "somebody", operations: ["polish"] });
    expect(answer.denial).toMatchObject({ code: "permission_denied", ref: ref.key, traceId: answer.traceId });
  });

  it("asks no vendor about what the kernel's own permission denies", async () => {
    const provider = fakeProvider();
    const permission = { denial: () => "not you" };
    const answer = await createNexus({ providers: [provider], permission }).dryRun(ctx, polish);
    expect(answer).toMatchObject({ allowed: false, operations: [], denial: { code: "permission_denied" } });
    expect(provider.requests).toHaveLength(0);
  });

  it("is unimplemented where the provider cannot tell without doing it", async () => {
    const provider = fakeProvider();
    const error = await failureOf(createNexus({ providers: [provider] }).dryRun(ctx, { ...polish, action: "shake" }));
    expect([error.code, error.effect, provider.requests.length]).toEqual(["unimplemented", "none", 0]);
  });

  it("fails by what it fails by, and nothing was done", async () => {
    const provider = fakeProvider({ act: () => Promise.reject(unavailable().with({ retry: { retryable: false } })) });
    const error = await failureOf(createNexus({ providers: [provider] }).dryRun(ctx, polish));
    expect(error).toMatchObject({ code: "unavailable", effect: "none", operation: "dryRun" });
  });

  it("hands on that something was done after all, and does not try it again", async () => {
    const provider = fakeProvider({ act: () => Promise.reject(unavailable().with({ effect: "done" })) });
    const error = await failureOf(createNexus({ providers: [provider] }).dryRun(ctx, polish));
    expect(error).toMatchObject({ code: "unavailable", effect: "done" });
    expect(provider.requests.filter(({ method }) => method === "act")).toHaveLength(1);
  });

  it("does not take a provider's word that it was done for permission", async () => {
    const provider = fakeProvider({ act: async () => ({ state: "done" }) });
    const error = await failureOf(createNexus({ providers: [provider] }).dryRun(ctx, polish));
    expect(error).toMatchObject({ reason: "ErrProviderFault", effect: "unknown" });
  });
});
