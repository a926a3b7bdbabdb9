export type { MemoryBoundsSettings } from "./check-memory-bounds.ts";
export {
  type CachedFunction,
  type CachedFunctionRequest,
  type CachedFunctionSettings,
  type CachedValue,
  createCachedFunction,
} from "./create-cached-function.ts";
export { createMemoryCache, type MemoryCacheSettings } from "./create-memory-cache.ts";
