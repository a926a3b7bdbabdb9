import { actionMutants } from "./action-mutants.test-support.ts";
import { callMutants } from "./call-mutants.test-support.ts";
import { listMutants } from "./list-mutants.test-support.ts";
import { metadataMutants } from "./metadata-mutants.test-support.ts";
import type { Mutant } from "./mutant.test-support.ts";
import { readMutants } from "./read-mutants.test-support.ts";

/** Providers that break one promise each. */
export const mutants: readonly Mutant[] = [
  ...metadataMutants,
  ...readMutants,
  ...listMutants,
  ...callMutants,
  ...actionMutants,
];
