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
