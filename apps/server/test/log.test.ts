import { CloudLinkError } from "@cloudlink/core";
import { describe, expect, test } from "vitest";
import { fakeRef } from "./fake-provider.ts";
import { startHarness } from "./harness.ts";
import { exchangeRaw } from "./raw-connection.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("the log", () => {
  test("has a line for each request: trace, method, route, status, code and time, and nothing else of it", async () => {
    await using harness = await startHarness();
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    const path = `/v1/resource?ref=${fakeRef("i-1")}`;
    await (await fetch(`${harness.url}${path}`, { headers: { traceparent } })).text();
    const line = await harness.logged(({ msg }) => msg === "request");
    const { time: _time, pid: _pid, hostname: _hostname, durationMs, ...rest } = line;
    expect(durationMs).toEqual(expect.any(Number));
    expect(rest).toEqual({
      ...{ level: 30, msg: "request", traceId: TRACE },
      ...{ method: "GET", route: "/v1/resource", status: 200, code: "ok" },
    });
  });

  test("has another line for a failure, with what it came from by code: a warning of the caller's, an error of this side's", async () => {
    const cause = Object.assign(new Error("connect to secret-host"), { code: "ECONNREFUSED" });
    const inner = new CloudLinkError({
      reason: "ErrVendorUnavailable",
      message: "No vendor.",
      origin: "vendor",
      cause,
    });
    await using harness = await startHarness({
      get: async (_call, { id }) => {
        if (id === "gone")
          throw new CloudLinkError({ reason: "ErrResourceNotFound", message: "Gone.", origin: "vendor" });
        throw new CloudLinkError({
          reason: "ErrMalformedResponse",
          message: "Broken.",
          origin: "plugin",
          cause: inner,
        });
      },
    });
    await (await fetch(`${harness.url}/v1/resource?ref=${fakeRef("gone")}`)).text();
    expect(await harness.logged(({ msg }) => msg === "failed")).toMatchObject({
      level: 40,
      status: 404,
      code: "not_found",
    });
    await (await fetch(`${harness.url}/v1/resource?ref=${fakeRef("other")}`)).text();
    expect(await harness.logged(({ level, msg }) => msg === "failed" && level === 50)).toMatchObject({
      ...{ status: 500, code: "internal", reason: "ErrMalformedResponse", origin: "plugin", provider: "fake" },
      causes: ["ErrVendorUnavailable", "ECONNREFUSED"],
    });
    expect(harness.logText()).not.toContain("secret-host");
  });

  test("has no value of a query, header, body, path or token, be the request good or bad", async () => {
    await using harness = await startHarness();
    const json = { "content-type": "application/json", "idempotency-key": "hunter2", authorization: "Bearer hunter2" };
    const post = (body: string) => fetch(`${harness.url}/v1/actions`, { method: "POST", headers: json, body });
    const accepted = await post(JSON.stringify({ ref: fakeRef("hunter2"), action: "stop" }));
    const { token } = (await accepted.json()) as { token: string };
    await post('{"hunter2":"hunter2"');
    await post('{"hunter2":1,"hunter2":2}');
    for (const path of ["/hunter2", "/v1/resource?hunter2=hunter2", `/v1/operations/${token}`, "/v1/kinds/hunter2"]) {
      await (await fetch(`${harness.url}${path}`, { headers: { cookie: "hunter2" } })).text();
    }
    await exchangeRaw(harness.port, "GET /hunter2 hunter2 HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await harness.close();
    expect(harness.log.filter(({ msg }) => msg === "request")).toHaveLength(7);
    expect(harness.logText()).not.toContain("hunter2");
    expect(harness.logText()).not.toContain(token);
  });

  test("has what was refused before it was a request", async () => {
    await using harness = await startHarness();
    const answer = await exchangeRaw(harness.port, "nonsense\r\n\r\n");
    const { traceId } = JSON.parse(answer.body);
    expect(await harness.logged((line) => line.traceId === traceId)).toMatchObject({
      level: 40,
      msg: "failed",
      status: 400,
    });
  });
});
