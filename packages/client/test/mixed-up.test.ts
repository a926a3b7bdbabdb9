import { parseRef, VirtualMachine } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { type Client, createClient } from "../src/index.ts";
import { encodeKindWithSchema } from "../src/wire/index.ts";
import {
  answer,
  ctx,
  failure,
  json,
  machine,
  raw,
  refText,
  running,
  stats,
  traceId,
  wireServer,
} from "./wire-server.ts";

const kind = VirtualMachine;
const other = machine("i-2").ref;
const otherKind = refText.replace(kind.name, "other.Kind");
const dryRun = { ref: refText, action: "stop", allowed: true, operations: [], traceId, stats };
const state = machine();
const many = (outcome: object) => ({ outcomes: [{ ok: true, ref: refText, state, ...outcome }], traceId, stats });

/** What a call ends by when the server answers so. */
async function against(form: unknown, call: (client: Client) => Promise<unknown>) {
  await using server = await wireServer((request) => json(request, form));
  await using client = createClient({ url: server.url });
  return await failure(call(client));
}

describe("an answer about something else than was asked for is ErrMalformedResponse", () => {
  const get = (ref: string) => (client: Client) => client.get(ctx, { kind, ref });
  const act = (client: Client) => client.act(ctx, { kind, ref: refText, action: "stop", idempotencyKey: "key-1" });
  const tried = (client: Client) => client.dryRun(ctx, { kind, ref: refText, action: "stop" });
  const getMany = (client: Client) => client.getMany(ctx, { kind, refs: [refText] });
  const cached = (ref: string) => (client: Client) => client.cached(ctx, { kind, ref });

  it.each<[string, unknown, (client: Client) => Promise<unknown>, string | undefined]>([
    ["get of a text: another resource", { ...answer, ref: other }, get(refText), undefined],
    ["get of a vendor's id: another kind", { ...answer, ref: otherKind }, get("arn:x"), undefined],
    ["getMany: another resource", many({ ref: other, state: machine("i-2") }), getMany, undefined],
    ["getMany: the state of another resource", many({ state: machine("i-2") }), getMany, undefined],
    ["cached: another resource", { states: [state, machine("i-2")] }, cached(refText), undefined],
    ["cached of a vendor's id: two resources", { states: [state, machine("i-2")] }, cached("arn:x"), undefined],
    ["cached of a vendor's id: another kind", { states: [{ ...state, ref: otherKind }] }, cached("arn:x"), undefined],
    ["act: another resource", { ...running, ref: other }, act, "unknown"],
    ["act: another action", { ...running, action: "start" }, act, "unknown"],
    ["act: another key", { ...running, idempotencyKey: "key-2" }, act, "unknown"],
    ["dryRun: another resource", { ...dryRun, ref: other }, tried, "none"],
    ["dryRun: another action", { ...dryRun, action: "start" }, tried, "none"],
  ])("%s", async (_, form, call, effect) => {
    const error = await against(form, call);
    expect([error.reason, error.effect]).toEqual(["ErrMalformedResponse", effect]);
  });

  it("but not one that a vendor's id stands for, or what was asked for", async () => {
    await using server = await wireServer((request) => json(request, answer));
    await using client = createClient({ url: server.url });
    for (const ref of [parseRef(refText), refText, "arn:x"]) {
      expect((await client.get(ctx, { kind, ref })).ref.key).toBe(refText);
    }
  });

  it("an operation that is asked on: another resource, action or key, in refresh and done", async () => {
    for (const wrong of [{ ref: other }, { action: "start" }, { idempotencyKey: "key-2" }]) {
      await using server = await wireServer((request) =>
        json(request, request.method === "POST" ? running : { ...running, ...wrong, token: "newer" }),
      );
      await using client = createClient({ url: server.url });
      const operation = await client.act(ctx, { kind, ref: refText, action: "stop" });
      for (const ask of [() => operation.refresh(ctx), () => operation.done(ctx)]) {
        expect(await failure(ask())).toMatchObject({ reason: "ErrMalformedResponse", effect: "done" });
      }
    }
  });

  it("a list: an item of another kind", async () => {
    const lines = [{ item: { ...state, ref: otherKind } }, { end: { traceId, stats } }];
    await using server = await wireServer((request) =>
      raw(request, { type: "application/x-ndjson", body: lines.map((line) => `${JSON.stringify(line)}\n`).join("") }),
    );
    await using client = createClient({ url: server.url });
    const listed = async () => {
      for await (const _ of client.list(ctx, { kind }));
    };
    expect(await failure(listed())).toMatchObject({ reason: "ErrMalformedResponse" });
  });

  it("a kind, and the schema of one: another name", async () => {
    const form = await encodeKindWithSchema(kind);
    const wrong = { ...form, name: "other.Kind" };
    expect((await against(wrong, (client) => client.kind(ctx, kind.name))).reason).toBe("ErrMalformedResponse");
    await using server = await wireServer((request) =>
      json(request, request.url.pathname === "/v1/kinds" ? { kinds: [form] } : wrong),
    );
    await using client = createClient({ url: server.url });
    const [listed] = await client.kinds(ctx);
    expect(await failure(Promise.resolve(listed?.loadSchema()))).toMatchObject({ reason: "ErrMalformedResponse" });
  });
});
