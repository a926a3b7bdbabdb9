export { type Figure, type Goal, isMet } from "./figure.ts";
export { exposedGc } from "./garbage.ts";
export { type Random, randomFrom } from "./random.ts";
export { report } from "./report.ts";
export type { Row, RowRequest, Size } from "./row.ts";
export { type RowsCommand, runRows } from "./run-rows.ts";
export { loadSubjects, type Subjects } from "./subjects.ts";
export { ACCOUNT, REGION, startVendor, type Vendor, type VendorKeys, type VendorSettings } from "./vendor.ts";
