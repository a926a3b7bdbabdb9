import { ec2ErrorXml } from "./ec2/ec2-xml.ts";
import type { Fault } from "./faults.ts";
import { throttled } from "./rate-limits.ts";
import type { Service } from "./service.ts";
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
      const { retryAfterSeconds } = fault;
      const answer = errorAnswer(throttled(on.service), on);
      return retryAfterSeconds === undefined
        ? answer
        : { ...answer, headers: { "Retry-After": String(retryAfterSeconds) } };
    }
    case "serverError":
      return fault.status === 503
        ? errorAnswer(new VendorError(503, "Unavailable", "The server is overloaded and can't handle the request."), on)
        : errorAnswer(internalError(), on);
    case "error":
      return errorAnswer(new VendorError(fault.status, fault.code, fault.message ?? `Injected ${fault.code}`), on);
    case "answerLost":
      return fault.how === "serverError" ? errorAnswer(internalError(), on) : undefined;
    default:
      return undefined;
  }
}

function internalError(): VendorError {
  return new VendorError(500, "InternalError", "An internal error has occurred");
}
