import type { ServerResponse } from "node:http";
import type { Service } from "./credentials.ts";
import { ec2ErrorXml } from "./ec2/ec2-xml.ts";
import type { ActiveFault, Fault } from "./faults.ts";
import type { LiveEntry } from "./request-log.ts";
import { stsErrorXml } from "./sts/sts-xml.ts";
import { VendorError } from "./vendor-error.ts";

/** An answer before any fault has touched it. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error in the envelope of its service. */
export function errorAnswer(error: VendorError, on: { service: Service; requestId: string }): Answer {
  const xml = on.service === "ec2" ? ec2ErrorXml(error, on.requestId) : stsErrorXml(error, on.requestId);
  return { status: error.status, body: Buffer.from(xml), code: error.code };
}

/** The error answer that a fault puts in place of the real one, if it is of that kind. */
export function faultAnswer(fault: Fault, on: { service: Service; requestId: string }): Answer | undefined {
  switch (fault.kind) {
    case "throttle": {
      const error =
        on.service === "ec2"
          ? new VendorError(503, "RequestLimitExceeded", "Request limit exceeded.")
          : new VendorError(400, "Throttling", "Rate exceeded");
      const { retryAfterSeconds } = fault;
      const answer = errorAnswer(error, on);
      return retryAfterSeconds === undefined
        ? answer
        : { ...answer, headers: { "Retry-After": String(retryAfterSeconds) } };
    }
    case "serverError":
      return fault.status === 503
        ? errorAnswer(new VendorError(503, "Unavailable", "The server is overloaded and can't handle the request."), on)
        : errorAnswer(new VendorError(500, "InternalError", "An internal error has occurred"), on);
    case "error":
      return errorAnswer(new VendorError(fault.status, fault.code, fault.message ?? `Injected ${fault.code}`), on);
    default:
      return undefined;
  }
}

/** Sends the answer, as whole as the fault lets it be. */
export function send(
  response: ServerResponse,
  answer: Answer,
  on: { entry: LiveEntry; fault: ActiveFault | undefined },
): void {
  const { entry, fault } = on;
  entry.status = answer.status;
  entry.code = answer.code;
  const kind = fault?.rule.fault.kind;
  const whole = kind === "brokenXml" ? broken(answer.body) : answer.body;
  const body = kind === "truncated" ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
  response.writeHead(answer.status, {
    "x-amzn-RequestId": entry.id,
    "Cache-Control": "no-cache, no-store",
    "Content-Type": "text/xml;charset=UTF-8",
    "Content-Length": body.length,
    Server: "AmazonEC2",
    ...answer.headers,
  });
  if (kind !== "cut") {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    entry.finish("failed");
    response.destroy();
  });
}

/** The same document with a tag in its middle that nothing closes and a bare ampersand. */
function broken(body: Buffer): Buffer {
  const middle = body.indexOf("</", Math.floor(body.length / 2));
  const at = middle === -1 ? body.lastIndexOf("</") : middle;
  return Buffer.concat([body.subarray(0, at), Buffer.from("<broken attribute=&></brake>"), body.subarray(at)]);
}
