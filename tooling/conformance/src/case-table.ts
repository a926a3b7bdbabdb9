import { absenceCases } from "./cases/absence.ts";
import { actionCases } from "./cases/action.ts";
import { actionEffectCases } from "./cases/action-effect.ts";
import { cancellationCases } from "./cases/cancellation.ts";
import { faultCases } from "./cases/fault.ts";
import { filterCases } from "./cases/filter.ts";
import { isolationCases } from "./cases/isolation.ts";
import { listCases } from "./cases/list.ts";
import { metadataCases } from "./cases/metadata.ts";
import { reportCases } from "./cases/report.ts";
import { secretCases } from "./cases/secret.ts";
import { valueCases } from "./cases/value.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Every case, in the order in which they are run and listed. */
export const conformanceCases: readonly ConformanceCase[] = Object.freeze([
  ...metadataCases,
  ...valueCases,
  ...absenceCases,
  ...listCases,
  ...filterCases,
  ...reportCases,
  ...cancellationCases,
  ...faultCases,
  ...actionCases,
  ...actionEffectCases,
  ...secretCases,
  ...isolationCases,
]);
