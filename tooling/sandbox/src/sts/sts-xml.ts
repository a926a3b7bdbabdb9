import type { VendorError } from "../vendor-error.ts";
import { element } from "../xml.ts";

/** The namespace of STS API version 2011-06-15. */
const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The envelope of an STS answer. */
export function stsAnswerXml(answer: { action: string; requestId: string; result: string }): string {
  const { action, requestId, result } = answer;
  const metadata = `<ResponseMetadata>${element("RequestId", requestId)}</ResponseMetadata>`;
  return `<${action}Response xmlns="${STS_NAMESPACE}"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`;
}

/** The error envelope of STS and of the query services in general. */
export function stsErrorXml(error: VendorError, requestId: string): string {
  const type = element("Type", error.status >= 500 ? "Receiver" : "Sender");
  const body = `<Error>${type}${element("Code", error.code)}${element("Message", error.message)}</Error>`;
  return `<ErrorResponse xmlns="${STS_NAMESPACE}">${body}${element("RequestId", requestId)}</ErrorResponse>`;
}
