export { conformanceCases } from "./case-table.ts";
export type { ConformanceCase } from "./conformance-case.ts";
export { type Feature, featureNames, features } from "./feature.ts";
export type {
  ActionGround,
  ActionOn,
  Harness,
  HeldVendor,
  Place,
  PresentResource,
  VendorFault,
  VendorFaults,
} from "./harness.ts";
export {
  type ConformanceOptions,
  type ConformancePlan,
  type ConformanceSettings,
  providerConformance,
  type TestRunner,
} from "./provider-conformance.ts";
export { type ConformanceResult, runConformance } from "./run-conformance.ts";
