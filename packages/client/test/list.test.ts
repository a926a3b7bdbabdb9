import { background, CloudLinkError, type ListPage, VirtualMachine, type VirtualMachineStatus } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { ctx, failure, type Incoming, json, machine, raw, stats, traceId, wireServer } from "./wire-server.ts";

const kind = VirtualMachine;
const type = "application/x-ndjson";
const end = { end: { traceId, stats } };
const error = { code: "unavailable", reason: "ErrVendorUnavailable", message: "Gone.", origin: "vendor", retry: {} };
const problem = { provider: "aws", partition: "aws", account: "1", region: "eu-west-1", error };

function page(...ids: string[]): unknown[] {
  return [
    ...ids.map((id) => ({ item: machine(id) })),
    { page: { nextPageToken: `after-${ids.at(-1)}`, traceId, stats } },
  ];
}

function lines(...forms: unknown[]): string {
  return forms.map((form) => `${JSON.stringify(form)}\n`).join("");
}

type Page = ListPage<VirtualMachineStatus>;

function idsOf({ items }: Page): readonly string[] {
  return items.map(({ ref }) => ref.id);
}

/** The pages of a list against a server that answers so, and what it ends by. */
async function listed(answerWith: (request: Incoming) => unknown, settings = {}) {
  await using server = await wireServer(answerWith);
  await using client = createClient({ url: server.url, ...settings });
  const pages: Page[] = [];
  const ended = await (async () => {
    for await (const each of client.list(ctx, { kind, pageToken: "start" })) pages.push(each);
  })().catch((thrown: unknown) => thrown as CloudLinkError);
  return { pages, ended };
}

describe("a list", () => {
  it("asks for a stream, with what it is narrowed by as text", async () => {
    await using server = await wireServer((request) => raw(request, { type, body: lines(...page("a"), end) }));
    await using client = createClient({ url: server.url });
    const request = {
      kind,
      accounts: ["1", "2"],
      regions: "*",
      providers: ["aws"],
      where: { powerState: ["running", "stopped"] },
      tags: { "a=b%": "c=d", team: ["web"] },
      view: "health",
      pageSize: 50,
      pageToken: "token",
    } as const;
    for await (const _ of client.list(ctx, request));
    const [asked] = server.requests;
    expect(asked?.headers.accept).toBe("application/x-ndjson, application/problem+json");
    expect([...(asked?.url.searchParams ?? [])]).toEqual([
      ["kind", kind.name],
      ["account", "1"],
      ["account", "2"],
      ["provider", "aws"],
      ["where", "powerState=running"],
      ["where", "powerState=stopped"],
      ["tag", "a%3Db%25=c=d"],
      ["tag", "team=web"],
      ["view", "health"],
      ["pageSize", "50"],
      ["pageToken", "token"],
    ]);
  });

  it("hands out each page as it arrives, before there is another", async () => {
    const taken = Promise.withResolvers<void>();
    await using server = await wireServer(async ({ response }) => {
      response.writeHead(200, { "content-type": type });
      response.write(lines({ item: machine("a") }, { problem }, ...page("b")));
      await taken.promise;
      response.end(lines({ item: machine("c") }, { page: { traceId, stats } }, end));
    });
    await using client = createClient({ url: server.url });
    const pages: Page[] = [];
    for await (const each of client.list(ctx, { kind })) {
      pages.push(each);
      taken.resolve();
    }
    expect(pages.map(idsOf)).toEqual([["a", "b"], ["c"]]);
    expect(pages.map(({ nextPageToken }) => nextPageToken)).toEqual(["after-b", undefined]);
    expect(pages[0]?.problems[0]).toMatchObject({ account: "1", error: { reason: "ErrVendorUnavailable" } });
    expect(CloudLinkError.isInstance(pages[0]?.problems[0]?.error)).toBe(true);
    expect(pages[0]).toMatchObject({ traceId, stats });
    expect(Object.keys(pages[1] ?? {})).toEqual(["items", "problems", "traceId", "stats", "nextPageToken"]);
    expect(Object.isFrozen(pages[0]?.items)).toBe(true);
  });

  it("reads no chunk that the consumer has not asked for", async () => {
    let pulled = 0;
    const body = () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulled += 1;
            controller.enqueue(new TextEncoder().encode(lines(...page(`i-${pulled}`))));
          },
        },
        { highWaterMark: 0 },
      );
    const fetch = async () => new Response(body(), { headers: { "content-type": type } });
    await using client = createClient({ url: "http://127.0.0.1:9", fetch });
    let taken = 0;
    for await (const each of client.list(ctx, { kind })) {
      taken += 1;
      expect([taken, pulled, idsOf(each)]).toEqual([taken, taken, [`i-${taken}`]]);
      if (taken === 5) break;
    }
    expect(pulled).toBe(5);
  });

  it("stops a server that sends without end while the consumer takes its time", async () => {
    const stalled = Promise.withResolvers<void>();
    await using server = await wireServer(({ response }) => {
      response.writeHead(200, { "content-type": type });
      const more = () => {
        while (!response.destroyed && response.write(lines(...page("x".repeat(1_000)))));
        stalled.resolve();
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    await using client = createClient({ url: server.url });
    for await (const _ of client.list(ctx, { kind })) {
      await stalled.promise;
      break;
    }
    await server.requests[0]?.closed;
  });

  it("begins with the first page that is asked for, and leaving it ends the request, also while a page is on its way", async () => {
    await using server = await wireServer(({ response }) => {
      response.writeHead(200, { "content-type": type });
      response.write(lines(...page("a"), { item: machine("b") }));
    });
    await using client = createClient({ url: server.url });
    const unused = client.list(ctx, { kind });
    expect(typeof unused[Symbol.asyncIterator]).toBe("function");
    const pages = client.list(ctx, { kind })[Symbol.asyncIterator]();
    expect(await pages.next()).toMatchObject({ done: false });
    const pending = pages.next();
    expect(await pages.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(server.requests.length).toBe(1);
    await server.requests[0]?.closed;
  });

  it("takes lines however they are cut into chunks, in the middle of a character too, and leaves aside what it does not know", async () => {
    const body = Buffer.from(
      lines({ comment: "of a later server" }, { item: { ...machine("é😀"), later: 1 } }).concat(
        "\n",
        lines(...page("b"), end),
      ),
    );
    for (const size of [1, 7, 4_096]) {
      const pieces = Array.from({ length: Math.ceil(body.length / size) }, (_, at) =>
        body.subarray(at * size, (at + 1) * size),
      );
      const fetch = async () => new Response(ReadableStream.from(pieces), { headers: { "content-type": type } });
      await using client = createClient({ url: "http://127.0.0.1:9", fetch });
      const pages: Page[] = [];
      for await (const each of client.list(ctx, { kind })) pages.push(each);
      expect(pages.map(idsOf)).toEqual([["é😀", "b"]]);
    }
  });
});

describe("a list that comes to its end", () => {
  it("hands out what stands before the end without a page of its own, as the last page", async () => {
    const body = lines(...page("a"), { item: machine("b") }, end);
    const { pages, ended } = await listed((request) => raw(request, { type, body }));
    expect(ended).toBeUndefined();
    expect(pages.map(idsOf)).toEqual([["a"], ["b"]]);
    expect(pages.map(({ nextPageToken }) => nextPageToken)).toEqual(["after-a", undefined]);
  });

  it("leaves its connection to be used again, by lists, by answers and by errors", async () => {
    const error = { code: "not_found", reason: "ErrResourceNotFound", detail: "Gone.", origin: "vendor" };
    await using server = await wireServer((request) => {
      if (request.url.pathname !== "/v1/resource") return raw(request, { type, body: lines(...page("a"), end) });
      return raw(request, { status: 404, type: "application/problem+json", body: JSON.stringify(error) });
    });
    await using client = createClient({ url: server.url });
    for (let round = 0; round < 10; round += 1) {
      for await (const _ of client.list(ctx, { kind }));
      await failure(client.get(ctx, { kind, ref: machine().ref }));
    }
    const ports = server.requests.map(({ port }) => port);
    // The platform's fetch goes by two in turn, however few there need be.
    expect(new Set(ports).size).toBeLessThanOrEqual(2);
  });

  it("does not wait for a response that stays open after it", async () => {
    const clock = createManualClock();
    await using server = await wireServer(({ response }) => {
      response.writeHead(200, { "content-type": type });
      response.write(lines(...page("a"), end));
    });
    await using client = createClient({ url: server.url, defaultTimeoutMs: Number.POSITIVE_INFINITY });
    const pages = client.list(background({ clock }), { kind })[Symbol.asyncIterator]();
    await pages.next();
    const over = pages.next();
    await clock.whenPending(1);
    clock.advance(100);
    expect(await over).toEqual({ done: true, value: undefined });
    await server.requests[0]?.closed;
  });
});

describe("a list that does not come to its end", () => {
  it("hands out what came and then rejects with the server's error", async () => {
    const body = lines(...page("a"), { item: machine("b") }, { error: { ...error, traceId } });
    const { pages, ended } = await listed((request) => raw(request, { type, body }));
    expect(pages.map(idsOf)).toEqual([["a"], ["b"]]);
    expect(ended).toMatchObject({ code: "unavailable", reason: "ErrVendorUnavailable", traceId, operation: "list" });
  });

  it("hands out what came, to be gone on with from the last whole page, and rejects with ErrServerUnavailable where the stream was cut", async () => {
    const cuts: ((request: Incoming) => void)[] = [
      (request) => raw(request, { type, body: lines(...page("a"), { item: machine("b") }) }),
      (request) =>
        raw(request, { type, body: lines(...page("a"), { item: machine("b") }).concat('{"end":{"traceId"') }),
      (request) =>
        raw(request, { type, body: lines(...page("a"), { item: machine("b") }).concat(JSON.stringify(end)) }),
      ({ response }) => {
        response.writeHead(200, { "content-type": type });
        response.write(lines(...page("a"), { item: machine("b") }), () => response.destroy());
      },
    ];
    for (const cut of cuts) {
      const { pages, ended } = await listed(cut);
      expect(pages.map(idsOf)).toEqual([["a"], ["b"]]);
      expect(pages.map(({ nextPageToken }) => nextPageToken)).toEqual(["after-a", "after-a"]);
      expect(ended).toMatchObject({ code: "unavailable", reason: "ErrServerUnavailable", operation: "list" });
    }
  });

  it("goes on where the request began if no page was whole", async () => {
    const { pages, ended } = await listed((request) => raw(request, { type, body: lines({ item: machine("a") }) }));
    expect(pages.map(({ nextPageToken }) => nextPageToken)).toEqual(["start"]);
    expect(ended).toMatchObject({ reason: "ErrServerUnavailable" });
  });

  it.each([
    ["no JSON", "{\n"],
    ["no object", "[1]\n"],
    ["no UTF-8", Buffer.from([0xff, 0x0a])],
    ["an item without a value", lines({ item: { ...machine(), value: null } })],
    ["a page without stats", lines({ page: {} })],
    ["a problem that is a text", lines({ problem: "x" })],
    ["an error that is a text", lines({ error: "x" })],
  ])("rejects with ErrMalformedResponse after what came, for a line that is %s", async (_, line) => {
    const body = Buffer.concat([Buffer.from(lines(...page("a"), { item: machine("b") })), Buffer.from(line)]);
    const { pages, ended } = await listed((request) => raw(request, { type, body }));
    expect(pages.map(idsOf)).toEqual([["a"], ["b"]]);
    expect(ended).toMatchObject({ code: "internal", reason: "ErrMalformedResponse" });
  });

  it("rejects where one page is longer than maxAnswerBytes, as one line or as many, and hangs up", async () => {
    for (const chunk of ["x".repeat(10_000), lines({ item: machine() })]) {
      const closed = Promise.withResolvers<void>();
      const { ended } = await listed(
        ({ response }) => {
          response.on("close", () => closed.resolve());
          response.writeHead(200, { "content-type": type });
          const more = () => {
            while (!response.destroyed && response.write(chunk));
            if (!response.destroyed) response.once("drain", more);
          };
          more();
        },
        { maxAnswerBytes: 300_000 },
      );
      expect(ended).toMatchObject({ reason: "ErrMalformedResponse", rawMessage: expect.stringContaining("300000") });
      await closed.promise;
    }
  });

  it("rejects with the server's problem where it did not begin, and with ErrMalformedResponse where it is no stream", async () => {
    const problem = { ...error, detail: "No.", code: "invalid_argument", reason: "ErrUnknownAccount" };
    const refused = await listed((request) =>
      raw(request, { status: 400, type: "application/problem+json", body: JSON.stringify(problem) }),
    );
    expect(refused).toMatchObject({ pages: [], ended: { reason: "ErrUnknownAccount", rawMessage: "No." } });
    const { ended } = await listed((request) => json(request, { items: [] }));
    expect(ended).toMatchObject({ reason: "ErrMalformedResponse" });
  });

  it("ends at once when it is canceled, and by the deadline with what came", async () => {
    await using server = await wireServer(({ response }) => {
      response.writeHead(200, { "content-type": type });
      response.write(lines(...page("a"), { item: machine("b") }));
    });
    await using client = createClient({ url: server.url });
    using own = ctx.withCancel();
    const canceled = client.list(own, { kind })[Symbol.asyncIterator]();
    await canceled.next();
    const pending = failure(canceled.next());
    own.cancel();
    expect((await pending).code).toBe("canceled");
    await server.requests[0]?.closed;

    const clock = createManualClock();
    const late = client.list(background({ clock }).withTimeout(800), { kind })[Symbol.asyncIterator]();
    await late.next();
    const rest = late.next();
    clock.advance(800);
    const handedOut = await rest.catch((thrown: unknown) => thrown);
    // What the socket had brought by the deadline is handed out: of the second item that may be nothing.
    const last = CloudLinkError.isInstance(handedOut) ? handedOut : await failure(late.next());
    expect(last).toMatchObject({ code: "deadline_exceeded", operation: "list" });
    await server.requests[1]?.closed;
  });

  it("gives up a page that does not come within defaultTimeoutMs, and not a consumer that takes its time", async () => {
    const clock = createManualClock();
    await using server = await wireServer(({ response }) => {
      response.writeHead(200, { "content-type": type });
      response.write(lines(...page("a"), ...page("b")));
    });
    await using client = createClient({ url: server.url, defaultTimeoutMs: 5_000 });
    const pages = client.list(background({ clock }), { kind })[Symbol.asyncIterator]();
    await pages.next();
    clock.advance(60_000);
    expect((await pages.next()).done).toBe(false);
    const third = failure(pages.next());
    await clock.whenPending(1);
    clock.advance(5_000);
    expect((await third).code).toBe("deadline_exceeded");
    expect(clock.pendingTimers).toBe(0);
  });

  it("is refused before it is sent for a filter the kind does not have, and a field that is misspelt", async () => {
    await using client = createClient({ url: "http://127.0.0.1:9", fetch: () => expect.fail("it was sent") });
    const wrong = [
      { kind, where: { image: "x" } },
      { kind, where: { powerState: "runing" } },
      { kind, were: {} },
      { kind, accounts: "1" },
      { kind, regions: [""] },
      { kind, tags: { team: [] } },
      { kind, tags: { team: "\ud800" } },
    ];
    for (const request of wrong) {
      const list = client.list(ctx, request as never)[Symbol.asyncIterator]();
      expect((await failure(list.next())).code).toBe("invalid_argument");
    }
  });
});
