import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startVendorProxy, type VendorProxy } from "./vendor-proxy.ts";

let server: Server;
let proxy: VendorProxy;
let served: string[];

beforeEach(async () => {
  served = [];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    served.push(`${request.method} ${request.url} ${request.headers.host} ${body}`);
    response.writeHead(418, { "x-kept": "yes" }).end("a".repeat(1000));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await startVendorProxy({ target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

function send(signal?: AbortSignal): Promise<Response> {
  return fetch(`${proxy.endpoint}/path?q=1`, { method: "POST", body: "hello", ...(signal && { signal }) });
}

describe("the vendor proxy", () => {
  test("passes requests and answers on as they are, and counts them", async () => {
    const answer = await send();
    expect([answer.status, answer.headers.get("x-kept"), (await answer.text()).length]).toEqual([418, "yes", 1000]);
    expect(served).toEqual([`POST /path?q=1 ${new URL(proxy.endpoint).host} hello`]);
    expect(proxy.requestCount()).toBe(1);
  });

  test("answers in the server's place, until it is disposed of", async () => {
    {
      using _ = proxy.interfere({ kind: "answer", status: 503, headers: { "retry-after": "7" }, body: "busy" });
      const answer = await send();
      expect([answer.status, answer.headers.get("retry-after"), await answer.text()]).toEqual([503, "7", "busy"]);
      expect(served).toEqual([]);
    }
    expect((await send()).status).toBe(418);
  });

  test("cuts the connection in the middle of an answer", async () => {
    using _ = proxy.interfere({ kind: "cut" });
    const answer = await send();
    await expect(answer.text()).rejects.toThrow();
  });

  test("holds a request until it is released", async () => {
    const held = proxy.interfere({ kind: "hold" });
    const answer = send();
    await held.arrived;
    expect(served).toEqual([]);
    held.release();
    expect((await answer).status).toBe(418);
  });

  test("sees that the client of a held request has gone, and passes nothing on", async () => {
    using held = proxy.interfere({ kind: "hold" });
    const controller = new AbortController();
    const answer = send(controller.signal);
    await held.arrived;
    controller.abort();
    await expect(answer).rejects.toThrow();
    await held.clientGone;
    held.release();
    expect((await send()).status).toBe(418);
    expect(served).toHaveLength(1);
  });
});
