import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AdminInputError } from "./admin-input-error.ts";
import { readFaultRule } from "./fault-input.ts";
import { FaultBook } from "./faults.ts";

const kinds = fc.constantFrom(
  ...["throttle", "serverError", "error", "brokenXml", "truncated", "cut", "hang", "hold", "latency"],
  ...["answerLost", "startFails"],
);
const likely = fc.record(
  {
    action: fc.string(),
    instanceId: fc.string(),
    times: fc.oneof(fc.integer(), fc.double(), fc.string()),
    when: fc.oneof(fc.constantFrom("before", "after"), fc.string()),
    fault: fc.record(
      {
        kind: kinds,
        latencyMs: fc.integer(),
        status: fc.integer(),
        code: fc.string(),
        reason: fc.string(),
        how: fc.oneof(fc.constantFrom("cut", "cutAfterStatus", "cutAfterHeaders", "serverError"), fc.string()),
      },
      { requiredKeys: ["kind"] },
    ),
  },
  { requiredKeys: ["fault"] },
);

describe("readFaultRule", () => {
  it("makes a rule that can be added, or says what to do, of whatever JSON comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), likely), (input) => {
        try {
          const rule = readFaultRule(input);
          const book = new FaultBook();
          try {
            book.add(rule);
          } catch (error) {
            expect(String(error)).toMatch(/it strikes (before|after)/);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(AdminInputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
