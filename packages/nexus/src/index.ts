export { createNexus, type NexusSettings } from "./create-nexus.ts";
export type { Nexus } from "./nexus.ts";
export type { GetManyRequest, GetRequest, ListRequest, RefLike } from "./requests.ts";
