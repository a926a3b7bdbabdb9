export { idempotencyStoreCases } from "./idempotency-store-cases.ts";
export { createLimitStoreDouble, type LimitStoreDouble } from "./limit-store-double.ts";
export { createManualClock, type ManualClock, type ManualClockSettings } from "./manual-clock.ts";
export { operationStoreCases } from "./operation-store-cases.ts";
export type { PortCase, PortTrial } from "./port-case.ts";
