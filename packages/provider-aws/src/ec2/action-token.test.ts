import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readActionToken, writeActionToken } from "./action-token.ts";

const refused = expect.objectContaining({
  code: "invalid_argument",
  reason: "ErrInvalidOperationToken",
  origin: "caller",
  effect: "unknown",
});

function reading(token: string): unknown {
  try {
    return readActionToken(token);
  } catch (error) {
    return error;
  }
}

describe("the token of an action that goes on", () => {
  it("brings back what it was written with", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (acceptedAt) => {
        expect(readActionToken(writeActionToken({ acceptedAt }))).toEqual({ acceptedAt: acceptedAt + 0 });
      }),
    );
  });

  it("brings back the launch that was seen, where one was", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (acceptedAt, launchedAt) => {
        const ticket = { acceptedAt: acceptedAt + 0, launchedAt: launchedAt + 0 };
        expect(readActionToken(writeActionToken(ticket))).toEqual(ticket);
      }),
    );
  });

  it.each([
    "",
    "x",
    "null",
    "[]",
    "0",
    "{}",
    '{"v":1}',
    '{"v":2,"acceptedAt":1}',
    '{"acceptedAt":1,"v":1}',
    '{"v":1,"acceptedAt":1,"more":1}',
    '{"v":1,"acceptedAt":"1"}',
    '{"v":1,"acceptedAt":1.5}',
    '{"v":1,"acceptedAt":1e3}',
    '{"v":1,"acceptedAt":null}',
    '{"v":1,"launchedAt":1}',
    '{"v":1,"launchedAt":1,"acceptedAt":1}',
    '{"v":1,"acceptedAt":1,"launchedAt":1.5}',
    '{"v":1,"acceptedAt":1,"launchedAt":null}',
    ' {"v":1,"acceptedAt":1}',
    '{"v":1,"acceptedAt":1,"acceptedAt":1}',
    '{"v":1,"__proto__":{"acceptedAt":1}}',
    `{"v":1,"acceptedAt":1${" ".repeat(1_000_000)}}`,
  ])("is refused where this provider did not write it: %.60s", (token) => {
    expect(reading(token)).toEqual(refused);
  });

  it("is refused, and nothing else happens, for any other text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (token) => {
        expect(reading(token)).toEqual(refused);
      }),
    );
  });
});
