export type { CacheStats, Calls } from "./calls.ts";
export { isContext, requestMistake } from "./request-mistake.ts";
export type {
  ActionOf,
  ActRequest,
  CachedRequest,
  CacheStatsRequest,
  DryRunRequest,
  FreshnessRequest,
  GetManyRequest,
  GetRequest,
  InvalidateRequest,
  ListRequest,
  OperationRequest,
  RefLike,
} from "./requests.ts";
