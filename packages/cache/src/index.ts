export { createMemoryCache, type MemoryCacheSettings } from "./create-memory-cache.ts";
