export type {
  ActionOf,
  ActRequest,
  DryRunRequest,
  GetManyRequest,
  GetRequest,
  ListRequest,
  OperationRequest,
  RefLike,
} from "@cloudlink/core/calls";
export { createNexus, type NexusSettings } from "./create-nexus.ts";
export type { LimitSettings, VendorLimit } from "./limits.ts";
export { createMemoryIdempotencyStore, type MemoryIdempotencyStoreSettings } from "./memory-idempotency-store.ts";
export type { Nexus } from "./nexus.ts";
export { createRefResolver, type RefProvider, type RefProviders, type RefResolver } from "./ref-resolver.ts";
