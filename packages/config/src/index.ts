export { type CheckConfigurationRequest, checkConfiguration } from "./check-configuration.ts";
export { type ComposeRequest, composeConfiguration } from "./compose-configuration.ts";
export type { Composition } from "./composition.ts";
export type {
  Configuration,
  ConfiguredAccount,
  ConfiguredAddress,
  ConfiguredCache,
  ConfiguredClusterRedis,
  ConfiguredCredentials,
  ConfiguredLimit,
  ConfiguredLimits,
  ConfiguredRedis,
  ConfiguredRedisAccess,
  ConfiguredRedisTls,
  ConfiguredSentinelRedis,
  ConfiguredServer,
  ConfiguredSingleRedis,
  JsonValue,
  ProviderSettings,
} from "./configuration.ts";
export type { ConfigurationProblem, ConfigurationSource, FileReader } from "./configuration-source.ts";
export { readConfiguration } from "./read-configuration.ts";
