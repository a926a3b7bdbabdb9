export type { Client } from "./client.ts";
export type { ClientSettings, Fetch, HeaderFields } from "./client-settings.ts";
export { createClient } from "./create-client.ts";
export type { ProviderDescription } from "./wire/provider.ts";
