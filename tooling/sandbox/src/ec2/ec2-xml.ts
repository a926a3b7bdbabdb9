import type { VendorError } from "../vendor-error.ts";
import { element } from "../xml.ts";

/** The namespace of EC2 API version 2016-11-15, as real answers carry it. */
export const EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** The first line of every answer of EC2. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** EC2's error envelope, which differs from that of every other query service. */
export function ec2ErrorXml(error: VendorError, requestId: string): string {
  const body = `${element("Code", error.code)}${element("Message", error.message)}`;
  return `${XML_DECLARATION}<Response><Errors><Error>${body}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
}
