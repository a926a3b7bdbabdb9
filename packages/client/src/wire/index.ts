export {
  type ActionRequestForm,
  actionRequestForm,
  type DryRunForm,
  dryRunForm,
  type OperationForm,
  type OperationStatusForm,
  operationForm,
  operationStatusForm,
  operationTokenForm,
} from "./action.schema.ts";
export { encodeDryRun, encodeOperation } from "./action.ts";
export {
  type CachedQuery,
  type CachedResourceForm,
  type CacheStatsForm,
  cachedQueryForm,
  cachedResourceForm,
  cacheStatsForm,
  type InvalidateRequestForm,
  type InvalidationForm,
  invalidateRequestForm,
  invalidationForm,
  type SharedStandingForm,
  sharedStandingForm,
} from "./cache.schema.ts";
export { encodeCachedResource, encodeCacheStats, encodeSharedStanding } from "./cache.ts";
export { type ErrorForm, errorCodeForm, errorForm, retryAdviceForm } from "./error.schema.ts";
export { type FreshnessAdviceForm, freshnessAdviceForm } from "./freshness-advice.schema.ts";
export {
  type GetManyRequestForm,
  type GetQuery,
  getManyRequestForm,
  getQueryForm,
  type ManyAnswerForm,
  MOST_REFS,
  manyAnswerForm,
  type OutcomeForm,
  outcomeForm,
} from "./get.schema.ts";
export { type HealthForm, healthForm, type ReadinessForm, readinessForm } from "./health.schema.ts";
export {
  type KindForm,
  type KindsForm,
  type KindWithSchemaForm,
  kindForm,
  kindsForm,
  kindWithSchemaForm,
} from "./kind.schema.ts";
export { encodeKind, encodeKindWithSchema } from "./kind.ts";
export {
  type ListLineForm,
  type ListPageForm,
  type ListProblemForm,
  type ListQuery,
  listLineForm,
  listPageForm,
  listProblemForm,
  listQueryForm,
} from "./list.schema.ts";
export { encodeListEnd, encodeListError, encodeListLines, encodeListPage, formatListLine } from "./list-page.ts";
export { listParams, readListQuery } from "./list-query.ts";
export { encodeManyAnswer } from "./many-answer.ts";
export { type ProblemForm, problemForm } from "./problem.schema.ts";
export { encodeError, errorOfProblem, type ProblemOptions, problemOf, retryAfterOf } from "./problem.ts";
export { headerNames, mediaTypes, paths } from "./protocol.ts";
export { type ProviderForm, type ProvidersForm, providerForm, providersForm } from "./provider.schema.ts";
export { encodeProvider, type ProviderDescription } from "./provider.ts";
export {
  cacheControlHeader,
  idempotencyKeyHeader,
  ifNoneMatchHeader,
  timeoutHeader,
} from "./request-headers.schema.ts";
export {
  type AnswerForm,
  answerForm,
  type CallStatsForm,
  callStatsForm,
  canonicalRef,
  type FreshnessForm,
  freshnessForm,
  kindValueForm,
  type ResourceStateForm,
  resourceStateForm,
} from "./resource-state.schema.ts";
export { encodeAnswer, encodeResourceState, type NativeIdOf } from "./resource-state.ts";
export { actionName, kindName, refText, viewName } from "./text.schema.ts";
