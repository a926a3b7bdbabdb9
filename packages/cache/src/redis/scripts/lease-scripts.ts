import { RedisScript } from "../redis-script.ts";
import { storeTime } from "./store-time.ts";
import { endLease } from "./write-script.ts";

/** Has leases last longer. KEYS: the resources' hashes. ARGV: the time, this process, for how long; then each one's holder. */
export const renewScript = new RedisScript(`
${storeTime}
local now = math.floor(storeTime(ARGV[1]) / 1000)
for index, key in ipairs(KEYS) do
  local lease = 'l ' .. ARGV[index + 3]
  local began, whose = string.match(redis.call('HGET', key, lease) or '', '^%d+ (%d+) (.*)$')
  if whose == ARGV[2] then
    redis.call('HSET', key, lease, string.format('%.0f %s %s', now + ARGV[3], began, whose))
  end
end
`);

/** Ends leases. KEYS: the resources' hashes. ARGV: the time, this process, the channel; then each one's holder and word. */
export const releaseScript = new RedisScript(`
${endLease}
for index, key in ipairs(KEYS) do
  endLease(key, ARGV[index * 2 + 2], ARGV[2], ARGV[3], ARGV[index * 2 + 3])
end
`);
