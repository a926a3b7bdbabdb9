import assert from "node:assert/strict";
import type { CloudLinkError, ErrorCode, ErrorReason } from "@cloudlink/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { VendorFault } from "../harness.ts";
import { readsOf } from "../read.ts";
import type { Trial } from "../trial.ts";

interface Expectation {
  readonly code: ErrorCode;
  readonly reason?: ErrorReason;
  readonly retryable?: boolean;
  /** Whether the error has to say that it is the vendor's. */
  readonly ofVendor?: boolean;
}

export const faultCases: readonly ConformanceCase[] = [
  {
    id: "fault.throttle",
    promise: "a throttle is resource_exhausted, and says after how long another try makes sense",
    needs: ["throttle"],
    async run(trial) {
      const expected = { code: "resource_exhausted", retryable: true, ofVendor: true } as const;
      for (const { error, fault } of await failures(trial, { fault: "throttle", expected })) {
        const { afterMs } = error.retry;
        assert(afterMs !== undefined && afterMs > 0, "it does not say how long to wait");
        if (fault.afterMs !== undefined) assert.equal(afterMs, fault.afterMs, "the vendor said how long");
      }
    },
  },
  {
    id: "fault.denied",
    promise: "what the identity may not do is permission_denied, and not worth another try",
    needs: ["denied"],
    async run(trial) {
      const expected = { code: "permission_denied", reason: "ErrPermissionDenied", retryable: false } as const;
      await failures(trial, { fault: "denied", expected });
    },
  },
  {
    id: "fault.expired",
    promise: "expired credentials are unauthenticated, with the reason that gets them replaced",
    needs: ["expired"],
    async run(trial) {
      await failures(trial, {
        fault: "expired",
        expected: { code: "unauthenticated", reason: "ErrCredentialsExpired" },
      });
    },
  },
  {
    id: "fault.unknown-keys",
    promise: "credentials that the vendor does not know are unauthenticated",
    needs: ["unknownKeys"],
    async run(trial) {
      const expected = { code: "unauthenticated", reason: "ErrCredentialsInvalid", retryable: false } as const;
      await failures(trial, { fault: "unknownKeys", expected });
    },
  },
  {
    id: "fault.broken-body",
    promise: "an answer that cannot be decoded is internal, as the vendor's, and never an empty success",
    needs: ["brokenBody"],
    async run(trial) {
      const expected = { code: "internal", reason: "ErrMalformedResponse", ofVendor: true } as const;
      await failures(trial, { fault: "brokenBody", expected });
    },
  },
  {
    id: "fault.cut",
    promise: "a connection that breaks is unavailable, and worth another try",
    needs: ["cut"],
    async run(trial) {
      await failures(trial, { fault: "cut", expected: { code: "unavailable", retryable: true, ofVendor: true } });
    },
  },
  {
    id: "fault.server-error",
    promise: "a fault of the vendor's is unavailable, and worth another try",
    needs: ["serverError"],
    async run(trial) {
      const expected = { code: "unavailable", retryable: true, ofVendor: true } as const;
      await failures(trial, { fault: "serverError", expected });
    },
  },
  {
    id: "fault.no-retry",
    promise: "a provider does not try again by itself: one request, one failure",
    needs: ["serverError", "vendorRequests"],
    async run(trial) {
      for (const { name, failure } of readsOf(trial)) {
        await using _ = await trial.harness.faults.serverError?.();
        const call = trial.call();
        const seen = await trial.vendorRequestsDuring(() => failure(call));
        assert.equal(seen, 1, `${name} sent ${seen} requests`);
        assert.equal(call.requests.length, 1, `${name} reported ${call.requests.length} requests`);
      }
    },
  },
  {
    id: "fault.no-retry-throttled",
    promise: "nor when it is throttled",
    needs: ["throttle", "vendorRequests"],
    async run(trial) {
      for (const { name, failure } of readsOf(trial)) {
        await using _ = await trial.harness.faults.throttle?.();
        const seen = await trial.vendorRequestsDuring(() => failure(trial.call()));
        assert.equal(seen, 1, `${name} sent ${seen} requests`);
      }
    },
  },
  {
    id: "fault.recovers",
    promise: "when the fault has passed, the same provider answers again",
    needs: ["serverError"],
    async run(trial) {
      for (const { send, failure } of readsOf(trial)) {
        {
          await using _ = await trial.harness.faults.serverError?.();
          await failure(trial.call());
        }
        assert((await send(trial.call())).length > 0);
      }
    },
  },
  {
    id: "fault.recovers-from-expiry",
    promise: "credentials that were refused leave nothing behind: others of the same scope work at once",
    needs: ["expired"],
    async run(trial) {
      for (const { send, failure } of readsOf(trial)) {
        {
          await using fault = await trial.harness.faults.expired?.();
          await failure(trial.call(fault?.lease === undefined ? {} : { lease: fault.lease }));
        }
        assert((await send(trial.call())).length > 0);
      }
    },
  },
  {
    id: "fault.identify",
    promise: "identify says so when the vendor does not know the credentials",
    needs: ["unknownKeys"],
    async run(trial) {
      await using fault = await trial.harness.faults.unknownKeys?.();
      const call = trial.call(fault?.lease === undefined ? {} : { lease: fault.lease });
      const error = await trial.rejection("identify", trial.provider.identify(call));
      assert.equal(error.code, "unauthenticated", error.message);
    },
  },
];

type FaultName = "throttle" | "denied" | "expired" | "unknownKeys" | "brokenBody" | "cut" | "serverError";

/** The error of each way of reading while something is wrong. */
async function failures(
  trial: Trial,
  request: { readonly fault: FaultName; readonly expected: Expectation },
): Promise<readonly { readonly error: CloudLinkError; readonly fault: VendorFault }[]> {
  const found: { error: CloudLinkError; fault: VendorFault }[] = [];
  for (const { name, failure } of readsOf(trial)) {
    await using fault = await trial.harness.faults[request.fault]?.();
    assert(fault !== undefined, `the harness has no fault ${request.fault}`);
    const error = await failure(trial.call(fault.lease === undefined ? {} : { lease: fault.lease }));
    assertIs(error, { name, expected: request.expected });
    found.push({ error, fault });
  }
  return found;
}

function assertIs(error: CloudLinkError, { name, expected }: { name: string; expected: Expectation }): void {
  const { code, reason, retryable, ofVendor = false } = expected;
  assert.equal(error.code, code, `${name} was rejected with ${error.message}`);
  if (reason !== undefined) assert.equal(error.reason, reason, name);
  if (retryable !== undefined) assert.equal(error.retry.retryable, retryable, `${name}: whether to try again`);
  if (ofVendor) assert.equal(error.origin, "vendor", `${name}: where it comes from`);
}
