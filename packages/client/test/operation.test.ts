import { background, CloudLinkError, VirtualMachine } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { problemOf } from "../src/wire/index.ts";
import { ctx, failure, type Incoming, json, raw, refText, running, wireServer } from "./wire-server.ts";

const kind = VirtualMachine;
const done = { ...running, status: { state: "done" } };

/** A server whose operation runs for so many questions. */
function runsFor(questions: number) {
  let asked = 0;
  return (request: Incoming) => {
    if (request.method === "POST") return json(request, running, 202);
    asked += 1;
    const token = `1.abc.${asked}`;
    return json(
      request,
      asked < questions ? { ...running, token, status: { state: "running", pollAfterMs: 2_000, progress: 0.5 } } : done,
    );
  };
}

describe("an operation", () => {
  it("is asked again after the server's wait and not before, by its newest token, until it is done", async () => {
    const clock = createManualClock();
    const timed = background({ clock });
    await using server = await wireServer(runsFor(2));
    await using client = createClient({ url: server.url, defaultTimeoutMs: Number.POSITIVE_INFINITY });
    const operation = await client.act(timed, { kind, ref: refText, action: "stop" });
    const states = (async () => {
      const seen = [];
      for await (const status of operation.progress(timed)) seen.push(status);
      return seen;
    })();
    await clock.whenPending(1);
    expect(clock.pendingDelaysMs).toEqual([500]);
    const asked = server.nextRequest();
    clock.advance(500);
    expect((await asked).url.pathname).toBe("/v1/operations/1.abc.def");
    await clock.whenPending(1);
    expect(clock.pendingDelaysMs).toEqual([2_000]);
    clock.advance(2_000);
    expect(await states).toEqual([
      { state: "running", pollAfterMs: 500 },
      { state: "running", pollAfterMs: 2_000, progress: 0.5 },
      { state: "done" },
    ]);
    expect(server.requests.map(({ url }) => url.pathname)).toEqual([
      "/v1/actions",
      "/v1/operations/1.abc.def",
      "/v1/operations/1.abc.1",
    ]);
  });

  it("that is done asks nothing more, in progress and in done", async () => {
    await using server = await wireServer((request) => json(request, done));
    await using client = createClient({ url: server.url });
    const operation = await client.operation(ctx, { token: running.token });
    expect(await operation.done(ctx)).toEqual({ state: "done" });
    expect(server.requests.length).toBe(1);
    expect(await operation.refresh(ctx)).toEqual({ state: "done" });
    expect(server.requests.length).toBe(2);
  });

  it("that failed rejects with the server's error; where nothing could be told, with effect done, since the vendor had accepted it", async () => {
    const failed = new CloudLinkError({
      reason: "ErrActionFailed",
      message: "Given up.",
      origin: "vendor",
      effect: "unknown",
    });
    const answers = [
      (request: Incoming) => json(request, running, 202),
      (request: Incoming) =>
        raw(request, { status: 409, type: "application/problem+json", body: JSON.stringify(problemOf(failed)) }),
      ({ response }: Incoming) => response.destroy(),
    ];
    await using server = await wireServer((request) => answers.shift()?.(request));
    await using client = createClient({ url: server.url });
    const operation = await client.act(ctx, { kind, ref: refText, action: "stop" });
    expect(await failure(operation.refresh(ctx))).toMatchObject({ reason: "ErrActionFailed", effect: "unknown" });
    expect(await failure(operation.refresh(ctx))).toMatchObject({
      reason: "ErrServerUnavailable",
      effect: "done",
      ref: refText,
    });
  });

  it("is left at once when the context is over: in a wait, and in a question", async () => {
    const clock = createManualClock();
    const timed = background({ clock });
    await using server = await wireServer((request) =>
      request.method === "POST" ? json(request, running, 202) : undefined,
    );
    await using client = createClient({ url: server.url });
    const operation = await client.act(timed, { kind, ref: refText, action: "stop" });
    using waiting = timed.withCancel();
    const inWait = failure(operation.done(waiting));
    await clock.whenPending(1);
    waiting.cancel();
    expect(await inWait).toMatchObject({ code: "canceled", effect: "done", ref: refText, operation: "operation" });
    expect(clock.pendingTimers).toBe(0);
    using asking = timed.withCancel();
    const came = server.nextRequest();
    const inQuestion = failure(operation.refresh(asking));
    const { closed } = await came;
    asking.cancel();
    expect((await inQuestion).code).toBe("canceled");
    await closed;
  });
});
