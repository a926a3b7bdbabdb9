import { background, VirtualMachine } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { answer, ctx, failure, json, refText, wireServer } from "./wire-server.ts";

const kind = VirtualMachine;

describe("a call ends", () => {
  it("at once when it is canceled, and the server's connection with it", async () => {
    await using server = await wireServer(() => {});
    await using client = createClient({ url: server.url });
    using own = ctx.withCancel();
    const came = server.nextRequest();
    const call = failure(client.act(own, { kind, ref: refText, action: "stop" }));
    const { closed } = await came;
    own.cancel();
    expect(await call).toMatchObject({ code: "canceled", effect: "unknown", operation: "act" });
    await closed;
  });

  it("by its deadline, whatever the server and its fetch do, and takes a deadline that has passed for one", async () => {
    const clock = createManualClock();
    const base = background({ clock });
    let asked = 0;
    const fetch = () => {
      asked += 1;
      return new Promise<Response>(() => {});
    };
    await using client = createClient({ url: "http://127.0.0.1:9", fetch });
    const call = failure(client.get(base.withTimeout(800), { kind, ref: refText }));
    await clock.whenPending(1);
    clock.advance(800);
    expect(await call).toMatchObject({ code: "deadline_exceeded", operation: "get" });
    expect(await failure(client.act(base.withTimeout(0), { kind, ref: refText, action: "stop" }))).toMatchObject({
      code: "deadline_exceeded",
      effect: "none",
    });
    expect(asked).toBe(1);
  });

  it("after defaultTimeoutMs where the context has no deadline", async () => {
    const clock = createManualClock();
    await using server = await wireServer(() => {});
    await using client = createClient({ url: server.url, defaultTimeoutMs: 5_000 });
    const came = server.nextRequest();
    const call = failure(client.get(background({ clock }), { kind, ref: refText }));
    const { closed, headers } = await came;
    expect(headers["x-cloudlink-timeout-ms"]).toBeUndefined();
    clock.advance(5_000);
    expect((await call).code).toBe("deadline_exceeded");
    await closed;
  });

  it("when the client is closed, and nothing begins afterwards", async () => {
    await using server = await wireServer(() => {});
    const client = createClient({ url: server.url });
    const came = server.nextRequest();
    const call = failure(client.get(ctx, { kind, ref: refText }));
    const { closed } = await came;
    await client.close();
    expect(await call).toMatchObject({ code: "canceled", rawMessage: expect.stringContaining("client was closed") });
    await closed;
    expect((await failure(client.get(ctx, { kind, ref: refText }))).code).toBe("canceled");
    expect(server.requests.length).toBe(1);
  });

  it("and leaves no timer and no listener behind", async () => {
    const clock = createManualClock();
    await using server = await wireServer((request) => json(request, answer));
    await using client = createClient({ url: server.url });
    await client.get(background({ clock }).withTimeout(1_000), { kind, ref: refText });
    await client.get(background({ clock }), { kind, ref: refText });
    expect(clock.pendingTimers).toBe(0);
  });
});
