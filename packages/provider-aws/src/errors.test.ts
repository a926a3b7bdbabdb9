import { CloudLinkError, codeOfReason, isDocumentedReason } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { everythingSeenOf } from "../test/failure.ts";
import { ACCOUNT, scopeOf } from "../test/provider-call.ts";
import { toCloudLinkError } from "./errors.ts";
import { CredentialsFailure } from "./shared-credentials.ts";
import { MalformedAnswer } from "./xml/malformed-answer.ts";

const request = {
  operation: "ec2:DescribeInstances",
  scope: scopeOf(),
  region: "us-east-1",
  actor: 'the profile "one"',
  secrets: ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
};

/** What the SDK throws for an error that AWS answered with. */
function answered(code: string, { status = 400, message = "AWS's words.", headers = {} } = {}) {
  const error = Object.assign(new Error(message), {
    name: code,
    $fault: "client",
    $metadata: { httpStatusCode: status, requestId: "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE" },
  });
  Object.defineProperty(error, "$response", { value: { statusCode: status, headers }, enumerable: false });
  return error;
}

function explained(error: unknown): CloudLinkError {
  return toCloudLinkError(error, request);
}

describe("AWS's error codes", () => {
  it.each([
    ["RequestLimitExceeded", 503, "ErrThrottled"],
    ["EC2ThrottledException", 503, "ErrThrottled"],
    ["Throttling", 400, "ErrThrottled"],
    ["ThrottlingException", 400, "ErrThrottled"],
    ["SlowDown", 503, "ErrThrottled"],
    ["TooManyRequestsException", 429, "ErrThrottled"],
    ["ExpiredToken", 403, "ErrCredentialsExpired"],
    ["ExpiredTokenException", 403, "ErrCredentialsExpired"],
    ["RequestExpired", 400, "ErrCredentialsExpired"],
    ["RequestTimeTooSkewed", 403, "ErrCredentialsExpired"],
    ["AuthFailure", 401, "ErrCredentialsInvalid"],
    ["InvalidClientTokenId", 403, "ErrCredentialsInvalid"],
    ["SignatureDoesNotMatch", 403, "ErrCredentialsInvalid"],
    ["IncompleteSignature", 400, "ErrCredentialsInvalid"],
    ["MissingAuthenticationToken", 403, "ErrCredentialsInvalid"],
    ["UnrecognizedClientException", 400, "ErrCredentialsInvalid"],
    ["UnauthorizedOperation", 403, "ErrPermissionDenied"],
    ["AccessDenied", 403, "ErrPermissionDenied"],
    ["OptInRequired", 403, "ErrPermissionDenied"],
    ["Blocked", 403, "ErrPermissionDenied"],
    ["InvalidInstanceID.NotFound", 400, "ErrResourceNotFound"],
    ["InvalidInstanceID.Malformed", 400, "ErrInvalidResourceId"],
    ["InvalidNextToken", 400, "ErrStalePageToken"],
    ["InvalidPaginationToken", 400, "ErrStalePageToken"],
    ["InternalError", 500, "ErrVendorUnavailable"],
    ["InternalFailure", 500, "ErrVendorUnavailable"],
    ["Unavailable", 503, "ErrVendorUnavailable"],
    ["ServiceUnavailable", 503, "ErrVendorUnavailable"],
    ["InvalidParameterValue", 400, "ErrInvalidRequest"],
    ["MissingParameter", 400, "ErrInvalidRequest"],
    ["UnknownParameter", 400, "ErrInvalidRequest"],
    ["ValidationError", 400, "ErrInvalidRequest"],
    ["FilterLimitExceeded", 400, "ErrInvalidRequest"],
    ["IncorrectInstanceState", 400, "ErrInvalidState"],
    ["IncorrectState", 400, "ErrInvalidState"],
    ["VcpuLimitExceeded", 400, "ErrQuotaExhausted"],
    ["InstanceLimitExceeded", 400, "ErrQuotaExhausted"],
    ["OperationNotPermitted", 400, "aws.OperationNotPermitted"],
    ["UnsupportedOperation", 400, "aws.UnsupportedOperation"],
    ["RegionDisabledException", 403, "aws.RegionDisabledException"],
  ])("%s (%d) is %s", (code, status, reason) => {
    const error = explained(answered(code, { status }));
    expect(error.reason).toBe(reason);
    expect(error.code).toBe(isDocumentedReason(reason) ? codeOfReason(reason) : "failed_precondition");
    expect(error).toMatchObject({
      provider: "aws",
      operation: "ec2:DescribeInstances",
      details: {
        account: ACCOUNT,
        region: "us-east-1",
        vendorCode: code,
        vendorRequestId: "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE",
        httpStatus: String(status),
      },
    });
    expect(error.retry.retryable).toBe(["ErrThrottled", "ErrVendorUnavailable"].includes(reason));
    expect(error).not.toHaveProperty("cause");
    // It says what to do, in a sentence.
    expect(error.rawMessage).toMatch(/[.…]$/);
  });

  it.each(["arn:aws:ec2:::", "a..b", "Not-A-Code", "two words", "x".repeat(81), "1st"])(
    "takes %j for no code of AWS's, and makes no reason of it",
    (code) => {
      const { reason, details } = explained(answered(code, { status: 400 }));
      expect([isDocumentedReason(reason), details?.vendorCode]).toEqual([true, undefined]);
    },
  );

  it.each(["InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity"])(
    "%s is a lack of the vendor's, which may pass in some minutes, and no fault",
    (code) => {
      const error = explained(answered(code, { status: 500 }));
      expect(error).toMatchObject({ code: "resource_exhausted", reason: `aws.${code}`, origin: "vendor" });
      expect(error.retry).toEqual({ retryable: true, afterMs: 120_000 });
    },
  );

  it.each(["Unable to parse pagination token", "Value (x) for parameter NextToken is invalid. The token is invalid."])(
    "knows a stale page token by EC2's words for it: %s",
    (message) => {
      expect(explained(answered("InvalidParameterValue", { message })).reason).toBe("ErrStalePageToken");
    },
  );

  it.each([
    [{}, 1_000],
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "1200" }, 1_200_000],
    [{ "retry-after": "0" }, 1_000],
    [{ "retry-after": "-5" }, 1_000],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, 1_000],
    [{ "retry-after": "1e300" }, 1_000],
  ])("asks to wait as the answer does: %j", (headers, afterMs) => {
    expect(explained(answered("RequestLimitExceeded", { status: 503, headers })).retry).toEqual({
      retryable: true,
      afterMs,
    });
  });
});

describe("what else is thrown", () => {
  it("gives a CloudLinkError back as it is", () => {
    const error = new CloudLinkError({ reason: "ErrUnknownRegion", message: "m", origin: "caller" });
    expect(explained(error)).toBe(error);
    expect(explained(new CredentialsFailure(error))).toBe(error);
  });

  it("is a malformed answer where it could not be decoded", () => {
    expect(explained(new MalformedAnswer("the document ends early"))).toMatchObject({
      code: "internal",
      reason: "ErrMalformedResponse",
      retry: { retryable: true },
    });
  });

  it.each([
    [{ code: "ECONNRESET" }, true],
    [{ code: "EPIPE" }, true],
    [{ name: "TimeoutError" }, true],
    [{ cause: { cause: { code: "ETIMEDOUT" } } }, true],
    [{ errors: [{ code: "ECONNREFUSED" }, { code: "ENETUNREACH" }] }, true],
    [{ code: "ENOTFOUND" }, true],
    [{ code: "ERR_STREAM_PREMATURE_CLOSE" }, true],
    [{ code: "CERT_HAS_EXPIRED" }, false],
    [{ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }, false],
    [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, false],
    [{ code: "EPROTO" }, false],
    [{ code: "HPE_INVALID_CONSTANT" }, false],
  ])("is unavailable where the way failed: %j, worth another try: %s", (error, retryable) => {
    expect(explained(Object.assign(new Error("m"), error))).toMatchObject({
      code: "unavailable",
      reason: "ErrVendorUnavailable",
      retry: { retryable },
    });
  });

  it.each([
    undefined,
    null,
    "text",
    1,
    {},
    new Error("m"),
    { code: "ERR_INVALID_ARG_TYPE" },
    { name: 1, message: 2, code: 3, $metadata: { httpStatusCode: "x", requestId: {} }, errors: 5 },
  ])("is an answer that could not be understood where nothing is known of it: %j", (error) => {
    expect(explained(error)).toMatchObject({ code: "internal", reason: "ErrMalformedResponse" });
  });

  it("is looked into no deeper than it may be", () => {
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    expect(explained(loop).reason).toBe("ErrMalformedResponse");
  });
});

describe("what AWS says", () => {
  const TOKEN = `IQoJb3JpZ2luX2VjE${"Az09+/".repeat(60)}==`;

  it("is not repeated of a refused signature, which quotes the request and its session token", () => {
    const message = `The request signature we calculated does not match the signature you provided.

The Canonical String for this request should have been
'POST\n/\n\nhost:ec2.us-east-1.amazonaws.com\nx-amz-security-token:${TOKEN}\n'`;
    const seen = everythingSeenOf(explained(answered("SignatureDoesNotMatch", { status: 403, message })));
    expect(seen).not.toContain(TOKEN);
    expect(seen).not.toContain("Canonical");
  });

  it.each(["AccessDenied", "InvalidParameterValue", "SomethingNew", "InvalidInstanceID.Malformed"])(
    "is not repeated by %s where it quotes something opaque",
    (code) => {
      const seen = everythingSeenOf(explained(answered(code, { message: `Value '${TOKEN}' is not good` })));
      expect(seen).not.toContain(TOKEN.slice(0, 20));
      expect(seen).toContain("may hold a secret");
    },
  );

  it("is not repeated where it quotes what the request was signed with, in whatever way, and be it AWS's code", () => {
    for (const secret of request.secrets) {
      const words = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("hex")];
      for (const word of words) {
        const bare = explained(answered("SomethingNew", { message: `Value '${word}' is not good` }));
        expect(bare.rawMessage).toContain("may hold a secret");
      }
      const odd = Object.assign(answered(secret.replaceAll("/", "-")), { message: "m" });
      Object.assign(odd.$metadata, { requestId: secret });
      expect(everythingSeenOf(explained(odd))).not.toContain(secret);
    }
  });

  it("is repeated with the names of roles, however long", () => {
    const role = `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/somebody@example.com`;
    const message = `User: ${role} is not authorized to perform: ec2:DescribeInstances`;
    expect(explained(answered("UnauthorizedOperation", { status: 403, message })).rawMessage).toContain(message);
  });

  it("ends before the part that only STS can decode", () => {
    const message = `You are not authorized. Encoded authorization failure message: ${TOKEN}`;
    const { rawMessage } = explained(answered("UnauthorizedOperation", { status: 403, message }));
    expect(rawMessage).toMatch(/AWS says: You are not authorized\.$/);
  });

  it("comes on one line of well-formed text, without what a terminal would obey, and no longer than a screen", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 1_000, maxLength: 5_000 })),
        (message) => {
          for (const code of ["AccessDenied", "SomethingNew"]) {
            const error = explained(
              answered(code, { message: `\u001b[31m\r\n\u202e${message}${"lorem ipsum ".repeat(90)}` }),
            );
            expect(error.rawMessage).not.toMatch(/[\p{Cc}\p{Cf}]/u);
            expect(error.rawMessage.isWellFormed()).toBe(true);
            expect(error.rawMessage.length).toBeLessThan(800);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("puts no name and no id into the details that does not look like one", () => {
    const odd = Object.assign(answered("x\u001b[31m y"), { $metadata: { httpStatusCode: 400, requestId: "a\nb" } });
    const { details } = explained(odd);
    expect(details).toEqual({ account: ACCOUNT, region: "us-east-1", httpStatus: "400" });
  });
});

describe("credentials that could not be had", () => {
  it("are told from a request that failed, by origin and operation", () => {
    const step = { operation: "sts:AssumeRoleWithWebIdentity" };
    const error = explained(new CredentialsFailure(answered("AccessDenied", { status: 403 }), step));
    expect(error).toMatchObject({ code: "permission_denied", origin: "credentials", ...step });
    expect(error.rawMessage).toContain("The role could not be assumed");
  });

  it("are what was asked for where no request of ours failed", () => {
    const error = explained(new CredentialsFailure(answered("ForbiddenException", { status: 403 })));
    expect(error).toMatchObject({ origin: "credentials", operation: request.operation });
    expect(error.rawMessage).toBe("AWS refused getting credentials (ForbiddenException).");
    const denied = explained(new CredentialsFailure(answered("AccessDenied", { status: 403 })));
    expect(denied.rawMessage).not.toContain("role");
  });

  it.each([
    ["Could not load credentials from any providers", "ErrCredentialsMissing"],
    ["Profile one was not found.", "ErrCredentialsMissing"],
    ["The SSO session associated with this profile has expired. To refresh …", "ErrCredentialsExpired"],
    ["Token is expired", "ErrCredentialsExpired"],
  ])("are missing or expired, as the SDK says: %s", (message, reason) => {
    const thrown = Object.assign(new Error(message), { name: "CredentialsProviderError", tryNextLink: false });
    expect(explained(new CredentialsFailure(thrown))).toMatchObject({
      code: "unauthenticated",
      reason,
      origin: "credentials",
    });
  });
});
