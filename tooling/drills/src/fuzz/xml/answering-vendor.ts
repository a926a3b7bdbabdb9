import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer of a vendor's, as it went over the wire. */
export interface RecordedAnswer {
  /** The operation it answered: `DescribeInstances`. */
  readonly action: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What a request asks: its operation, and the instance that it names, if any. */
export interface Asked {
  readonly action: string;
  readonly instance: string | undefined;
}

type Answerer = (asked: Asked) => Omit<RecordedAnswer, "action">;

/** A vendor on loopback that answers with what it is told to; until it is told, another vendor answers, and is written down. */
export interface AnsweringVendor extends AsyncDisposable {
  readonly endpoint: string;
  readonly recorded: readonly RecordedAnswer[];
  /** From now on every request is answered by this. */
  answerBy(answer: Answerer): void;
}

export async function startAnsweringVendor(real: { readonly endpoint: string }): Promise<AnsweringVendor> {
  const recorded: RecordedAnswer[] = [];
  let answer: Answerer | undefined;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const form = body.toString();
    const action = new URLSearchParams(form).get("Action") ?? "";
    const given =
      answer?.({ action, instance: /i-[0-9a-f]+/.exec(form)?.[0] }) ??
      (await forward(real.endpoint, { request, body }));
    if (answer === undefined) recorded.push({ action, ...given });
    response.writeHead(given.status, { "content-type": given.contentType, "content-length": given.body.length });
    response.end(given.body);
  }

  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    // Whoever asks may be gone by the time the answer is there.
    serve(request, response).catch(() => response.destroy());
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recorded,
    answerBy(given) {
      answer = given;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** With the headers as they came, `host` among them: the request is signed. */
async function forward(
  endpoint: string,
  { request, body }: { readonly request: IncomingMessage; readonly body: Buffer },
): Promise<Omit<RecordedAnswer, "action">> {
  const { method = "POST", headers } = request;
  const forwarded = send(endpoint, { method, headers, agent: false, path: request.url ?? "/" });
  const answered = once(forwarded, "response") as Promise<[IncomingMessage]>;
  forwarded.end(body);
  const [response] = await answered;
  return {
    status: response.statusCode ?? 500,
    contentType: response.headers["content-type"] ?? "",
    body: Buffer.concat(await response.toArray()),
  };
}
