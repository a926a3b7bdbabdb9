export type { MemoryBoundsSettings } from "./check-memory-bounds.ts";
export {
  type CachedFunction,
  type CachedFunctionRequest,
  type CachedFunctionSettings,
  type CachedValue,
  createCachedFunction,
} from "./create-cached-function.ts";
export { createMemoryCache } from "./create-memory-cache.ts";
export type { MemoryCacheSettings } from "./memory-level.ts";
export { createLocalStores } from "./shared/create-local-stores.ts";
export { createSharedCache, type SharedCache, type SharedCacheSettings } from "./shared/create-shared-cache.ts";
export type { Invalidation } from "./shared/invalidation.ts";
export {
  FENCE_MS,
  type LoggedInvalidation,
  type SharedStore,
  SharedStoreError,
  type StoreFinding,
  type StoreLease,
  type StoreListener,
  type StoreLog,
  type StoreOutcome,
  type StoreRead,
  type StoreReply,
  type StoreWord,
  type StoreWrite,
} from "./shared/shared-store.ts";
