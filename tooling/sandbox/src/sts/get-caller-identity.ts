import type { Caller } from "../credentials.ts";
import { element } from "../xml.ts";
import { stsAnswerXml } from "./sts-xml.ts";

/** Answers GetCallerIdentity, which needs no permission (STS API reference). */
export function getCallerIdentity(call: { caller: Caller; requestId: string }): Buffer {
  const { arn, userId, account } = call.caller;
  const result = `${element("Arn", arn)}${element("UserId", userId)}${element("Account", account)}`;
  return Buffer.from(stsAnswerXml({ action: "GetCallerIdentity", requestId: call.requestId, result }));
}
