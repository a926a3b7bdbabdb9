import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Answer } from "./answer.ts";
import type { Fault } from "./faults.ts";
import type { LiveEntry } from "./request-log.ts";

/** Sends the answer, as whole as the fault lets it be. */
export function send(
  response: ServerResponse,
  answer: Answer,
  on: { entry: LiveEntry; fault: Fault | undefined },
): void {
  const { entry, fault } = on;
  if (fault?.kind === "hang") return;
  if (fault?.kind === "answerLost" && fault.how !== "serverError") {
    loseAnswer(response, answer, { entry, how: fault.how ?? "cut" });
    return;
  }
  entry.status = answer.status;
  entry.code = answer.code;
  const whole = fault?.kind === "brokenXml" ? broken(answer.body) : answer.body;
  const body = fault?.kind === "truncated" ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
  response.writeHead(answer.status, headersOf(answer, { entry, length: body.length }));
  if (fault?.kind !== "cut") {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => cut(response, entry));
}

/** Breaks the connection off. */
export function cut(response: ServerResponse, entry: LiveEntry): void {
  entry.finish("failed");
  response.destroy();
}

/** Node's own writer sends the status line and the headers as one, so what goes out of them is written to the socket here. */
function loseAnswer(
  response: ServerResponse,
  answer: Answer,
  on: { entry: LiveEntry; how: "cut" | "cutAfterStatus" | "cutAfterHeaders" },
): void {
  const { entry, how } = on;
  const { socket } = response;
  if (how === "cut" || socket === null) {
    cut(response, entry);
    return;
  }
  entry.status = answer.status;
  const statusLine = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n`;
  const headers = Object.entries(headersOf(answer, { entry, length: answer.body.length }));
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(how === "cutAfterStatus" ? statusLine : `${statusLine}${head}\r\n`, () => cut(response, entry));
}

function headersOf(answer: Answer, on: { entry: LiveEntry; length: number }): Record<string, string | number> {
  return {
    "x-amzn-RequestId": on.entry.id,
    "Cache-Control": "no-cache, no-store",
    "Content-Type": "text/xml;charset=UTF-8",
    "Content-Length": on.length,
    Server: "AmazonEC2",
    ...answer.headers,
  };
}

/** The same document with a tag in its middle that nothing closes and a bare ampersand. */
function broken(body: Buffer): Buffer {
  const middle = body.indexOf("</", Math.floor(body.length / 2));
  const at = middle === -1 ? body.lastIndexOf("</") : middle;
  return Buffer.concat([body.subarray(0, at), Buffer.from("<broken attribute=&></brake>"), body.subarray(at)]);
}
