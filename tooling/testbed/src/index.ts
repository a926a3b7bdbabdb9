export { beginMoving } from "./begin-moving.ts";
export { ensureMoto, type MotoInstallation } from "./ensure-moto.ts";
export { ensureRedis, type RedisInstallation } from "./ensure-redis.ts";
export { ensureToxiproxy, type ToxiproxyInstallation } from "./ensure-toxiproxy.ts";
export { createMotoUser, type MotoUserKeys } from "./moto-user.ts";
export { type Progress, printProgress } from "./progress.ts";
export type { RedisNode } from "./redis-node.ts";
export { type RedisReply, RedisReplyError } from "./redis-reply.ts";
export type { SlotMigration } from "./redis-slots.ts";
export type { CommandResult } from "./run-command.ts";
export { ensureSchemathesis, runSchemathesis } from "./schemathesis.ts";
export {
  MOTO_DEFAULT_ACCOUNT,
  type MotoCredentials,
  type MotoInstances,
  motoCredentials,
  type SeedSettings,
  seedMoto,
} from "./seed-moto.ts";
export type { ServerProcess } from "./server-process.ts";
export { type Moto, type MotoSettings, startMoto } from "./start-moto.ts";
export { type RedisSettings, type RedisUser, startRedis } from "./start-redis.ts";
export { type RedisCluster, type RedisClusterSettings, startRedisCluster } from "./start-redis-cluster.ts";
export { type RedisSentinel, type RedisSentinelSettings, startRedisSentinel } from "./start-redis-sentinel.ts";
export {
  type ActiveToxic,
  startToxiproxy,
  type Toxic,
  type ToxicProxy,
  type Toxiproxy,
} from "./start-toxiproxy.ts";
export { TestbedError } from "./testbed-error.ts";
export { type ActiveInterference, type Interference, startVendorProxy, type VendorProxy } from "./vendor-proxy.ts";
