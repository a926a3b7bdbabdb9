export type { SandboxClock } from "./clock.ts";
export type { AccessKeySettings, AccountSettings, RoleSettings, SandboxCredentials } from "./credentials.ts";
export type { Fault, FaultHandle, FaultRule, FaultsControl } from "./faults.ts";
export type { FleetSettings } from "./fleet.ts";
export type { InstanceSettings, InstanceTruth, StatusCheck } from "./instance.ts";
export type { InstanceQuery, InstancesControl } from "./instance-store.ts";
export type { InstanceStateName, Lifecycle, LifecycleStep } from "./lifecycle.ts";
export type { RequestEntry, RequestLog, RequestMatch, RequestOutcome } from "./request-log.ts";
export { createSandbox, type Sandbox, type SandboxSettings } from "./sandbox.ts";
