export type { Answer, CallStats, ListPage, ListProblem, ManyAnswer, Outcome, ResourceState } from "./answer.ts";
export { type Clock, systemClock } from "./clock.ts";
export {
  type BackgroundSettings,
  background,
  type CancelableContext,
  type Context,
  errorOfAbort,
} from "./context/context.ts";
export { createFlight, type Flight } from "./context/flight.ts";
export {
  createSpanId,
  createTraceId,
  formatTraceparent,
  parseTraceparent,
  type TraceContext,
} from "./context/trace-context.ts";
export { untilDone } from "./context/until-done.ts";
export { CloudLinkError } from "./error/cloudlink-error.ts";
export {
  type ErrorCode,
  errorCodeOfGrpcNumber,
  errorCodes,
  grpcNumberOf,
  httpStatusOf,
  isErrorCode,
} from "./error/code.ts";
export type {
  ActionEffect,
  ErrorFields,
  ErrorInit,
  ErrorJson,
  ErrorOrigin,
  RetryAdvice,
} from "./error/error-fields.ts";
export { quote } from "./error/quote.ts";
export {
  codeOfReason,
  type DocumentedReason,
  documentedReasons,
  type ErrorReason,
  isDocumentedReason,
} from "./error/reason.ts";
export type { AnswerSource, Freshness, FreshnessAdvice, FreshnessBounds, FreshnessRule } from "./freshness.ts";
export { checkFreshnessAdvice, checkFreshnessBounds, isAge } from "./kind/check-freshness.ts";
export { VirtualMachine } from "./kind/compute/virtual-machine.ts";
export type {
  MachineHealth,
  MachinePlacement,
  MachineSize,
  NetworkAddress,
  PowerState,
  VirtualMachineStatus,
} from "./kind/compute/virtual-machine-status.ts";
export { createFilter, type Filter, type FilterRequest, matchesFilter, valueAt } from "./kind/filter.ts";
export { freezeDeep } from "./kind/freeze.ts";
export { boundsFor } from "./kind/freshness-bounds.ts";
export {
  defineKind,
  type FilterRule,
  type Kind,
  type KindAction,
  type KindColumn,
  type KindSchema,
  type PathValue,
  type ValueOf,
  viewCovers,
  type Where,
} from "./kind/kind.ts";
export { REDACTED, redactNative } from "./kind/redact.ts";
export type { Lease } from "./lease.ts";
export { LimitBucket } from "./limit-bucket.ts";
export { limitPace } from "./limit-pace.ts";
export type { DryRun, Operation, OperationRecord, OperationStatus } from "./operation.ts";
export type { Account, AccountDirectory } from "./ports/account-directory.ts";
export {
  type Cache,
  type CachedList,
  type CacheEntry,
  type CacheFill,
  type CacheNamespace,
  type CachePlace,
  type CacheRead,
  type CacheSelection,
  type CacheUse,
  type EntryHolder,
  noCache,
  type ResourceChange,
  type SharedUse,
} from "./ports/cache.ts";
export { ambientCredentials, type CredentialBroker, staticCredentials } from "./ports/credential-broker.ts";
export { type Events, noEvents, type ResourceEvent } from "./ports/events.ts";
export type { ClaimResult, IdempotencyClaim, IdempotencyKey, IdempotencyStore } from "./ports/idempotency-store.ts";
export type { LimitGrant, LimitSize, LimitStore, LimitTake, SharedLimit } from "./ports/limit-store.ts";
export type { OperationKey, OperationStore } from "./ports/operation-store.ts";
export { allowAll, type Permission, type PermissionRequest } from "./ports/permission.ts";
export type { ProviderDirectory } from "./ports/provider-directory.ts";
export {
  type CacheOutcome,
  type CacheSubject,
  type CallOperation,
  type CallRecord,
  noTelemetry,
  type Telemetry,
  type VendorRequestRecord,
} from "./ports/telemetry.ts";
export type { ActionRequest, ActionState, FollowRequest } from "./provider/v1alpha1/action.ts";
export type { CallReport, ProviderCall, QuotaObservation } from "./provider/v1alpha1/call.ts";
export type {
  ActionCapability,
  FollowCapability,
  GetCapability,
  GetManyCapability,
  KindCapabilities,
  LimitDeclaration,
  ListCapability,
} from "./provider/v1alpha1/capabilities.ts";
export {
  CONTRACT_VERSION,
  type CredentialsDeclaration,
  type GetManyRequest,
  type GetRequest,
  type Identity,
  type KindHandler,
  type ListBatch,
  type ListRequest,
  type Observation,
  type Provider,
  type ProviderMetadata,
  type ProviderPlugin,
} from "./provider/v1alpha1/provider.ts";
export { createRef, isKindName, isProviderName, isRef, NONE, parseRef, type Ref, type RefParts } from "./ref/ref.ts";
export { compileRefTemplate, type RefMatcher, type RefTemplate } from "./ref/ref-template.ts";
export { createScope, type Scope, type ScopeKey, type ScopeParts } from "./scope.ts";
export { Secret } from "./secret.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
