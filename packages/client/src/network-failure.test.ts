import { describe, expect, it } from "vitest";
import { networkFailure } from "./network-failure.ts";

const origin = "https://cloudlink.example";

/** As the platform's fetch rejects. */
function fetchFailed(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

function systemError(fields: object): Error {
  return Object.assign(new Error("hunter2"), fields);
}

const refused = systemError({ code: "ECONNREFUSED", syscall: "connect" });
const reset = systemError({ code: "ECONNRESET", syscall: "read" });

describe("it is certain that nothing was sent", () => {
  it.each([
    ["a refused connection", refused],
    [
      "one that is refused at each address of a name",
      Object.assign(new AggregateError([refused, refused]), { code: "ECONNREFUSED" }),
    ],
    ["a name that is not known", systemError({ code: "ENOTFOUND", syscall: "getaddrinfo" })],
    ["a connection that takes too long", systemError({ code: "UND_ERR_CONNECT_TIMEOUT" })],
    ["a certificate that is not accepted", systemError({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })],
    ["a certificate of another name", systemError({ code: "ERR_TLS_CERT_ALTNAME_INVALID" })],
  ])("for %s", (_, cause) => {
    const { error, unsent } = networkFailure(fetchFailed(cause), origin);
    expect(unsent).toBe(true);
    expect(error).toMatchObject({
      reason: "ErrServerUnavailable",
      details: { networkError: (cause as { code?: string }).code },
    });
  });
});

describe("something may have been sent", () => {
  it.each([
    ["a connection that was reset", fetchFailed(reset)],
    ["one of several that was", fetchFailed(new AggregateError([refused, reset]))],
    ["an aggregate of nothing", fetchFailed(new AggregateError([]))],
    ["a time-out of the answer", fetchFailed(systemError({ code: "UND_ERR_HEADERS_TIMEOUT" }))],
    ["an error without a cause", new TypeError("hunter2")],
    ["what is no error", "hunter2"],
    ["nothing", undefined],
    ["a code that is none", fetchFailed({ code: "hunter2 " })],
  ])("for %s", (_, thrown) => {
    const { error, unsent } = networkFailure(thrown, origin);
    expect(unsent).toBe(false);
    expect(JSON.stringify(error) + error.message).not.toContain("hunter2");
  });
});
