import { afterAll, describe, test } from "vitest";
import { providerConformance } from "./provider-conformance.ts";
import { createReferenceHarness } from "./reference/harness.test-support.ts";

providerConformance(
  { describe, test, afterAll },
  { name: "the reference provider", createHarness: async () => createReferenceHarness() },
);
