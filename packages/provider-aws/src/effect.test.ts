import { CloudLinkError, type DocumentedReason } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { effectOf } from "./effect.ts";

function failed(reason: DocumentedReason, vendorCode?: string): CloudLinkError {
  const details = vendorCode === undefined ? {} : { details: { vendorCode } };
  return new CloudLinkError({ reason, message: "It failed.", origin: "vendor", ...details });
}

describe("the effect of an action whose request failed", () => {
  it.each<[string, { hasLeft: boolean; status?: number }, CloudLinkError, string]>([
    ["nothing has left", { hasLeft: false }, failed("ErrVendorUnavailable"), "none"],
    ["nothing came back", { hasLeft: true }, failed("ErrVendorUnavailable"), "unknown"],
    ["the caller left before an answer", { hasLeft: true }, failed("ErrCanceled"), "unknown"],
    ["the caller left after an answer's head", { hasLeft: true, status: 200 }, failed("ErrCanceled"), "done"],
    ["the answer cannot be read", { hasLeft: true, status: 200 }, failed("ErrMalformedResponse"), "done"],
    ["AWS refuses it", { hasLeft: true, status: 400 }, failed("ErrInvalidState"), "none"],
    ["AWS refuses the credentials", { hasLeft: true, status: 401 }, failed("ErrCredentialsInvalid"), "none"],
    ["a refusal cannot be read", { hasLeft: true, status: 400 }, failed("ErrMalformedResponse"), "none"],
    ["somebody sends it elsewhere", { hasLeft: true, status: 302 }, failed("ErrVendorUnavailable"), "none"],
    ["a proxy wants a password", { hasLeft: true, status: 407 }, failed("ErrVendorUnavailable"), "none"],
    ["somebody gave up waiting", { hasLeft: true, status: 408 }, failed("ErrVendorUnavailable"), "unknown"],
    ["a gateway throttles it", { hasLeft: true, status: 429 }, failed("ErrThrottled"), "none"],
    ["EC2 throttles it", { hasLeft: true, status: 503 }, failed("ErrThrottled", "RequestLimitExceeded"), "none"],
    [
      "EC2 has no room",
      { hasLeft: true, status: 500 },
      failed("ErrUnexpected", "InsufficientInstanceCapacity"),
      "none",
    ],
    ["EC2 has a fault", { hasLeft: true, status: 500 }, failed("ErrVendorUnavailable", "InternalError"), "unknown"],
    ["EC2 is away", { hasLeft: true, status: 503 }, failed("ErrVendorUnavailable", "Unavailable"), "unknown"],
    ["a gateway gave up", { hasLeft: true, status: 504 }, failed("ErrVendorUnavailable"), "unknown"],
  ])("when %s (%j)", (_when, { hasLeft, status }, error, effect) => {
    expect(effectOf({ hasLeft, status }, error)).toBe(effect);
  });
});
