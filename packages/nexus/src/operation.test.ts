import { randomBytes } from "node:crypto";
import { type ActionState, background, CloudLinkError, type Context } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { failureOf, unavailable } from "../test/errors.ts";
import { fakeCache, fakeTelemetry } from "../test/fake-ports.ts";
import { type FakeProviderSettings, fakeProvider } from "../test/fake-provider.ts";
import { observationOf, Thing, thingRef } from "../test/thing.ts";
import { createNexus } from "./create-nexus.ts";

const ctx = background();
const ref = thingRef("a");
const polish = { kind: Thing, ref, action: "polish" } as const;

/** A provider whose action goes through these states. */
function longRunning(states: readonly (ActionState | CloudLinkError)[], settings: FakeProviderSettings = {}) {
  const script = [...states];
  const next = async (): Promise<ActionState> => {
    const state = script.shift();
    if (state === undefined) throw new TypeError("nothing is left of the script");
    if (CloudLinkError.isInstance(state)) throw state;
    return state;
  };
  return fakeProvider({ act: next, follow: next, ...settings });
}

const running = (token: string, progress?: number): ActionState => ({
  state: "running",
  token,
  pollAfterMs: 500,
  ...(progress !== undefined && { progress }),
});

describe("an operation", () => {
  it("is followed to its end, with the vendor's wait between, by the token that was given last", async () => {
    const clock = createManualClock();
    const provider = longRunning([running("1"), running("2", 0.5), { state: "done" }]);
    const patient = background({ clock });
    const operation = await createNexus({ providers: [provider] }).act(patient, polish);
    const statuses = operation.progress(patient)[Symbol.asyncIterator]();
    expect((await statuses.next()).value).toEqual({ state: "running", pollAfterMs: 500 });
    for (const next of [{ state: "running", pollAfterMs: 500, progress: 0.5 }, { state: "done" }]) {
      const status = statuses.next();
      await clock.whenPending(1);
      expect(clock.pendingDelaysMs).toEqual([500]);
      clock.advanceToNext();
      expect((await status).value).toEqual(next);
    }
    expect((await statuses.next()).done).toBe(true);
    const tokens = provider.requests.flatMap((each) => (each.method === "follow" ? [each.request.token] : []));
    expect(tokens).toEqual(["1", "2"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is asked about by the token that its provider gave last, by the same handle and by the newest token", async () => {
    const provider = longRunning([running("1"), running("2"), running("3"), { state: "done" }]);
    const nexus = createNexus({ providers: [provider] });
    const operation = await nexus.act(ctx, polish);
    await operation.refresh(ctx);
    await operation.refresh(ctx);
    const { token } = await nexus.operation(ctx, { token: operation.token });
    expect((await nexus.operation(ctx, { token })).status).toEqual({ state: "done" });
    const tokens = provider.requests.flatMap((each) => (each.method === "follow" ? [each.request.token] : []));
    expect(tokens).toEqual(["1", "2", "1"]);
  });

  it("is waited for until the caller's deadline, and goes on without the caller", async () => {
    const clock = createManualClock();
    const nexus = createNexus({ providers: [longRunning([running("1"), { state: "done" }])] });
    const operation = await nexus.act(background({ clock }), polish);
    const waiting = operation.done(background({ clock }).withTimeout(400));
    await clock.whenPending(1);
    clock.advance(400);
    expect(await failureOf(waiting)).toMatchObject({ code: "deadline_exceeded", effect: "done", ref: ref.key });
    expect(await operation.refresh(ctx)).toEqual({ state: "done" });
  });

  it("that fails is a rejection which says what came of it", async () => {
    const failed = new CloudLinkError({
      reason: "ErrActionFailed",
      message: "No room.",
      origin: "vendor",
      effect: "none",
    });
    const operation = await createNexus({ providers: [longRunning([running("1"), failed])] }).act(ctx, polish);
    expect(await failureOf(operation.refresh(ctx))).toMatchObject({
      code: "aborted",
      effect: "none",
      ref: ref.key,
      operation: "operation",
    });
  });

  it("that cannot be asked about had been accepted: its errors say done", async () => {
    const broken = unavailable().with({ retry: { retryable: false } });
    const operation = await createNexus({ providers: [longRunning([running("1"), broken])] }).act(ctx, polish);
    expect(await failureOf(operation.refresh(ctx))).toMatchObject({ code: "unavailable", effect: "done" });
  });

  it("is not asked about for a caller who has left, who hears that it had been accepted", async () => {
    const provider = longRunning([running("1"), { state: "done" }]);
    const operation = await createNexus({ providers: [provider] }).act(ctx, polish);
    const over = ctx.withCancel();
    over.cancel();
    expect(await failureOf(operation.refresh(over))).toMatchObject({ code: "canceled", effect: "done" });
    expect(provider.requests).toHaveLength(1);
  });

  it("lets the cache forget the resource when it is done, and tells telemetry of each ask", async () => {
    const cache = fakeCache();
    const telemetry = fakeTelemetry();
    const provider = longRunning([running("1"), running("2"), { state: "done" }]);
    const operation = await createNexus({ providers: [provider], cache, telemetry }).act(ctx, polish);
    expect(cache.acted).toHaveLength(1);
    await operation.refresh(ctx);
    expect(cache.acted).toHaveLength(1);
    await operation.refresh(ctx);
    expect(cache.acted).toHaveLength(2);
    expect(telemetry.calls.map(({ operation }) => operation)).toEqual(["act", "operation", "operation"]);
  });

  it.each([
    ["no token", { state: "running", token: "", pollAfterMs: 1 }],
    ["a token without bounds", { state: "running", token: "\u{4e00}".repeat(2_731), pollAfterMs: 1 }],
    ["no wait", { state: "running", token: "t" }],
    ["a wait without end", { state: "running", token: "t", pollAfterMs: Number.POSITIVE_INFINITY }],
    ["more progress than there is", { state: "running", token: "t", pollAfterMs: 1, progress: 2 }],
    ["nothing", null],
  ])("is not taken from a provider with %s", async (_what, state) => {
    const provider = fakeProvider({ act: async () => state as never });
    const outcome = createNexus({ providers: [provider] }).act(ctx, polish);
    if (state === null) return expect((await outcome).status).toEqual({ state: "done" });
    expect(await failureOf(outcome)).toMatchObject({ reason: "ErrProviderFault", effect: "done" });
  });
});

describe("Meaning 13: an operation's token", () => {
  const tokenKey = randomBytes(32);

  async function issued(states: readonly ActionState[] = [running("1")], from: Context = ctx): Promise<string> {
    return (await createNexus({ providers: [longRunning(states)], tokenKey }).act(from, polish)).token;
  }

  it("goes on with the operation in another kernel of the same key", async () => {
    const provider = longRunning([{ state: "done" }]);
    const operation = await createNexus({ providers: [provider], tokenKey }).operation(ctx, { token: await issued() });
    expect(operation).toMatchObject({ ref, action: "polish", status: { state: "done" } });
    expect(provider.requests.map(({ method }) => method)).toEqual(["follow"]);
  });

  it("asks nobody for an action that was done at once", async () => {
    const provider = fakeProvider();
    const token = await issued([{ state: "done" }]);
    expect((await createNexus({ providers: [provider], tokenKey }).operation(ctx, { token })).status.state).toBe(
      "done",
    );
    expect(provider.requests).toHaveLength(0);
  });

  it("is not taken if it was altered, is another tenant's, another key's, or no token", async () => {
    const provider = fakeProvider();
    const nexus = createNexus({ providers: [provider], tokenKey });
    const token = await issued();
    const [version, body = "", signature] = token.split(".");
    const middle = Math.floor(body.length / 2);
    const flipped = `${body.slice(0, middle)}${body[middle] === "A" ? "B" : "A"}${body.slice(middle + 1)}`;
    const pageToken = await firstPageToken();
    const wrong = [
      [version, flipped, signature].join("."),
      `2.${body}.${signature}`,
      "x",
      "",
      pageToken,
      7,
      undefined,
      `${token}.`,
    ];
    for (const given of wrong) {
      expect(await failureOf(nexus.operation(ctx, { token: given as string }))).toMatchObject({
        code: "invalid_argument",
        reason: "ErrInvalidOperationToken",
      });
    }
    const foreign = [
      nexus.operation(ctx.withTenant("other"), { token }),
      createNexus({ providers: [provider] }).operation(ctx, { token }),
    ];
    for (const each of foreign) expect((await failureOf(each)).reason).toBe("ErrInvalidOperationToken");
    expect(provider.requests).toHaveLength(0);
  });

  /** A token of the same kernel key that is for something else. */
  async function firstPageToken(): Promise<string> {
    const account = { provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" };
    const provider = fakeProvider({
      async *list() {
        yield { items: [{ ...observationOf(ref), observedAt: Date.now() }], cursor: "next" };
        yield { items: [], cursor: null };
      },
    });
    const nexus = createNexus({ providers: [provider], accounts: [account], tokenKey });
    for await (const { nextPageToken } of nexus.list(ctx, { kind: Thing }))
      if (nextPageToken !== undefined) return nextPageToken;
    throw new TypeError("the list has one page");
  }

  it("is good for the role that acted, and no other", async () => {
    const account = { provider: "fake", partition: "-", account: "1", regions: ["north"], role: "writer" };
    const other = createNexus({ providers: [fakeProvider()], accounts: [account], tokenKey });
    expect((await failureOf(other.operation(ctx, { token: await issued() }))).reason).toBe("ErrInvalidOperationToken");
  });

  it("needs the permission that the action needed", async () => {
    const permission = {
      denial: (_: unknown, { action }: { action: string }) => (action === "polish" ? "no" : undefined),
    };
    const nexus = createNexus({ providers: [fakeProvider()], tokenKey, permission });
    expect((await failureOf(nexus.operation(ctx, { token: await issued() }))).code).toBe("permission_denied");
  });

  it("expires after a day", async () => {
    const clock = createManualClock();
    const past = background({ clock });
    const token = await issued([running("1")], past);
    clock.advance(24 * 60 * 60 * 1000 - 1);
    const nexus = createNexus({ providers: [longRunning([{ state: "done" }])], tokenKey });
    expect((await nexus.operation(past, { token })).status.state).toBe("done");
    clock.advance(1);
    expect(await failureOf(nexus.operation(past, { token }))).toMatchObject({
      code: "failed_precondition",
      reason: "ErrExpiredOperationToken",
      ref: ref.key,
    });
  });
});
