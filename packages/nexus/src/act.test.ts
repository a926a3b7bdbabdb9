import { background, CloudLinkError, type ErrorInit } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, refused, throttled, unavailable } from "../test/errors.ts";
import { fakeCache, fakeTelemetry } from "../test/fake-ports.ts";
import { fakeProvider, never } from "../test/fake-provider.ts";
import { Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
const polish = { kind: Thing, ref, action: "polish" } as const;
const shake = { kind: Thing, ref, action: "shake" } as const;

function failing(effect: "none" | "unknown" | "done" | undefined, init: Partial<ErrorInit> = {}): CloudLinkError {
  const error = unavailable();
  return effect === undefined ? error : error.with({ effect, ...init });
}

describe("act", () => {
  it("carries an action out once, and gives an operation that says so", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider] });
    const operation = await nexus.act(ctx, shake);
    expect(operation).toMatchObject({ ref, action: "shake", status: { state: "done" }, replayed: false });
    expect(operation.stats).toMatchObject({ vendorCalls: 1, retries: 0 });
    expect(operation.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(await operation.done(ctx)).toEqual({ state: "done" });
    expect(provider.requests.map(({ method }) => method)).toEqual(["act"]);
    const [asked] = provider.requests;
    expect(asked?.method === "act" && asked.request).toMatchObject({ ref, action: "shake", dryRun: false });
    expect([operation, operation.status, operation.stats].map(Object.isFrozen)).toEqual([true, true, true]);
  });

  it.each([
    ["an action that the kind does not have", { ...polish, action: "eat" }, "invalid_argument", "polish, shake, paint"],
    ["the name of an inherited property", { ...polish, action: "constructor" }, "invalid_argument", "polish, shake"],
    ["an action that the provider does not declare", { ...polish, action: "paint" }, "unimplemented", "paint"],
    ["a key with a space in it", { ...polish, idempotencyKey: "a b" }, "invalid_argument", "idempotencyKey"],
    ["an empty key", { ...polish, idempotencyKey: "" }, "invalid_argument", "idempotencyKey"],
    ["a key that is too long", { ...polish, idempotencyKey: "k".repeat(256) }, "invalid_argument", "idempotencyKey"],
    ["a field that there is not", { ...polish, dryRun: true }, "invalid_argument", "dryRun"],
  ])("refuses %s before anything is sent", async (_what, request, code, says) => {
    const provider = fakeProvider();
    const error = await failureOf(createNexus({ providers: [provider] }).act(ctx, request as never));
    expect([error.code, error.effect ?? "none"]).toEqual([code, "none"]);
    expect(error.message).toContain(says);
    expect(provider.requests).toHaveLength(0);
  });

  it("asks for permission by the action's name, and a denial has no effect", async () => {
    const asked: string[] = [];
    const permission = {
      denial(_: unknown, { action }: { action: string }) {
        asked.push(action);
        return "not you";
      },
    };
    const provider = fakeProvider();
    const error = await failureOf(createNexus({ providers: [provider], permission }).act(ctx, polish));
    expect([error.code, error.effect, asked, provider.requests]).toEqual(["permission_denied", "none", ["polish"], []]);
  });

  it("tells telemetry of the call, and of a failed one its code", async () => {
    const telemetry = fakeTelemetry();
    const nexus = createNexus({ providers: [fakeProvider()], telemetry });
    await nexus.act(ctx, shake);
    await failureOf(nexus.act(ctx, { ...shake, action: "paint" }));
    expect(telemetry.calls.map(({ operation, code, kind }) => [operation, code, kind])).toEqual([
      ["act", "ok", "test.Thing"],
      ["act", "unimplemented", "test.Thing"],
    ]);
  });
});

describe("what an action's error says of its effect", () => {
  it.each([
    ["what the provider says", "none", "none"],
    ["what the provider says", "done", "done"],
    ["that it is unknown where the provider says nothing of a request that was sent", undefined, "unknown"],
  ] as const)("is %s (%s)", async (_what, said, effect) => {
    const provider = fakeProvider({ act: () => Promise.reject(failing(said, { retry: { retryable: false } })) });
    const error = await failureOf(createNexus({ providers: [provider] }).act(ctx, shake));
    expect(error).toMatchObject({ code: "unavailable", effect, ref: ref.key, operation: "act" });
  });

  it("is none where nothing was sent", async () => {
    const provider = fakeProvider({
      reportsActions: false,
      act: () => Promise.reject(refused("ErrCredentialsInvalid")),
    });
    expect((await failureOf(createNexus({ providers: [provider] }).act(ctx, shake))).effect).toBe("none");
  });

  it("is done where a provider accepts it and then breaks its contract", async () => {
    for (const given of [{ state: "allowed" }, { state: "running", token: "t", pollAfterMs: 1 }, undefined]) {
      const provider = fakeProvider({ act: async () => given as never });
      const call = createNexus({ providers: [provider] }).act(ctx, shake);
      if (given === undefined) expect((await call).status).toEqual({ state: "done" });
      else expect(await failureOf(call)).toMatchObject({ reason: "ErrProviderFault", effect: "done" });
    }
  });

  it("is unknown when the deadline comes while the vendor is silent, and none when it had come before", async () => {
    const clock = createManualClock();
    const provider = fakeProvider({ act: never });
    const nexus = createNexus({ providers: [provider] });
    const late = nexus.act(background({ clock }).withTimeout(100), shake);
    await provider.whenCalled(1);
    clock.advance(100);
    // The provider is given a moment for its last word.
    await clock.whenPending(1);
    clock.advance(100);
    expect(await failureOf(late)).toMatchObject({ code: "deadline_exceeded", effect: "unknown" });
    const over = await failureOf(nexus.act(background({ clock }).withTimeout(0), shake));
    expect([over.code, over.effect, provider.requests.length]).toEqual(["deadline_exceeded", "none", 1]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("repeating an action", () => {
  /** Acts while every wait passes at once. */
  async function acting(action: "polish" | "shake", failures: readonly CloudLinkError[]) {
    const clock = createManualClock();
    const script = [...failures];
    const provider = fakeProvider({
      async act() {
        const failure = script.shift();
        if (failure !== undefined) throw failure;
        return { state: "done" };
      },
    });
    const nexus = createNexus({ providers: [provider] });
    let over = false;
    const outcome = nexus.act(background({ clock }), { kind: Thing, ref, action }).then(
      () => "ok",
      (error: CloudLinkError) => `${error.code} ${error.effect}`,
    );
    const done = outcome.then(() => {
      over = true;
    });
    while (!over) {
      await Promise.race([clock.whenPending(3), done]);
      if (clock.pendingTimers === 3) clock.advanceToNext();
    }
    return [await outcome, provider.requests.length];
  }

  it("Meaning 8: what is not idempotent is never repeated blindly", async () => {
    expect(await acting("shake", [failing("unknown")])).toEqual(["unavailable unknown", 1]);
    expect(await acting("shake", [failing(undefined)])).toEqual(["unavailable unknown", 1]);
    expect(await acting("shake", [failing("done")])).toEqual(["unavailable done", 1]);
  });

  it("is done where the vendor says that nothing was done", async () => {
    expect(await acting("shake", [throttled().with({ effect: "none" })])).toEqual(["ok", 2]);
  });

  it("is done of what is idempotent, unless it is known to be done", async () => {
    expect(await acting("polish", [failing("unknown")])).toEqual(["ok", 2]);
    expect(await acting("polish", [failing("done")])).toEqual(["unavailable done", 1]);
  });

  it("leaves the effect unknown once it was, however the last try was refused", async () => {
    const denied = new CloudLinkError({
      reason: "ErrPermissionDenied",
      message: "No.",
      origin: "vendor",
      effect: "none",
    });
    expect(await acting("polish", [failing("unknown"), denied])).toEqual(["permission_denied unknown", 2]);
  });

  it("Meaning 8: is not done under a fresh lease of what may have been done under the one that expired", async () => {
    const expired = refused("ErrCredentialsExpired");
    expect(await acting("shake", [expired])).toEqual(["unauthenticated unknown", 1]);
    expect(await acting("shake", [expired.with({ effect: "done" })])).toEqual(["unauthenticated done", 1]);
    const denied = new CloudLinkError({
      reason: "ErrPermissionDenied",
      message: "No.",
      origin: "vendor",
      effect: "none",
    });
    expect(await acting("polish", [expired, denied])).toEqual(["permission_denied unknown", 2]);
  });

  it("takes a fresh lease once when the vendor says that the credentials have expired", async () => {
    expect(await acting("shake", [refused("ErrCredentialsExpired").with({ effect: "none" })])).toEqual(["ok", 2]);
  });
});

describe("a port that throws", () => {
  it("makes nobody believe that nothing was done", async () => {
    let told = false;
    const telemetry = fakeTelemetry({
      call() {
        if (told) return;
        told = true;
        throw new TypeError("broken");
      },
    });
    const error = await failureOf(createNexus({ providers: [fakeProvider()], telemetry }).act(ctx, shake));
    expect(error).toMatchObject({ reason: "ErrUnexpected", effect: "done" });
  });

  it("does not keep the outcome from being written down", async () => {
    const cache = {
      ...fakeCache(),
      namespace() {
        throw new TypeError("broken");
      },
    };
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], cache });
    expect(await failureOf(nexus.act(ctx, { ...shake, idempotencyKey: "k" }))).toMatchObject({ effect: "done" });
    expect(await nexus.act(ctx, { ...shake, idempotencyKey: "k" })).toMatchObject({ replayed: true });
    expect(provider.requests).toHaveLength(1);
  });
});

describe("the cache", () => {
  it("forgets the resource once an action was sent, whether or not its answer arrived", async () => {
    for (const effect of ["unknown", "done"] as const) {
      const cache = fakeCache();
      const provider = fakeProvider({ act: () => Promise.reject(failing(effect)) });
      await failureOf(createNexus({ providers: [provider], cache }).act(ctx, shake));
      expect(cache.acted).toEqual([ref.key]);
    }
    const cache = fakeCache();
    await createNexus({ providers: [fakeProvider()], cache }).act(ctx, shake);
    expect(cache.acted).toEqual([ref.key]);
  });

  it("keeps it where nothing was done", async () => {
    const cache = fakeCache();
    const denied = new CloudLinkError({
      reason: "ErrPermissionDenied",
      message: "No.",
      origin: "vendor",
      effect: "none",
    });
    const provider = fakeProvider({ act: () => Promise.reject(denied) });
    await failureOf(createNexus({ providers: [provider], cache }).act(ctx, shake));
    expect(cache.acted).toEqual([]);
  });
});
