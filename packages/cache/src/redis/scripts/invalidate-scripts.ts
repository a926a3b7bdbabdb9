import { RedisScript } from "../redis-script.ts";
import { storeTime } from "./store-time.ts";

/**
 * Forgets what is stored of one resource, for every scope, and tells every process: invalidation and publication are one step. A server that is full does it
 * too.
 *
 * KEYS: the resource's hash. ARGV: the time, the channel, the word, how long the fence is kept; and if only what was seen
 * before an instant is to be forgotten, that.
 */
export const invalidateScript = new RedisScript(`#!lua flags=allow-oom
${storeTime}
local position = math.max(storeTime(ARGV[1]), (tonumber(redis.call('HGET', KEYS[1], 'i')) or 0) + 1)
if ARGV[5] == '' then
  redis.call('UNLINK', KEYS[1])
else
  local fields = redis.call('HGETALL', KEYS[1])
  for index = 1, #fields, 2 do
    local isEntry = string.sub(fields[index], 1, 2) == 'e '
    local isLate = isEntry and tonumber(string.sub(fields[index + 1], 1, 13)) >= tonumber(ARGV[5])
    if not isLate then redis.call('HDEL', KEYS[1], fields[index]) end
  end
end
redis.call('HSET', KEYS[1], 'i', string.format('%.0f', position))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
`);

/**
 * Where the log of invalidations stands, and what is in it. Where nothing stands there, or it was evicted, it begins: at a position that nothing was stored
 * with before.
 *
 * KEYS: its position, its entries. ARGV: the time.
 */
export const loadLogScript = new RedisScript(`
${storeTime}
redis.call('SET', KEYS[1], string.format('%.0f', storeTime(ARGV[1])), 'NX')
return {redis.call('GET', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1)}
`);

/**
 * Adds an invalidation to the log, and tells every process.
 *
 * KEYS: its position, its entries. ARGV: the time, the channel, the invalidation as JSON, how many are kept.
 */
export const logScript = new RedisScript(`#!lua flags=allow-oom
${storeTime}
local now = storeTime(ARGV[1])
-- Where it was evicted, nobody knows what stood in it: what was stored before is not to be taken.
local previous = tonumber(redis.call('GET', KEYS[1])) or now - 1
local position = math.max(now, previous + 1)
local entry = string.format('{"position":%.0f,"previous":%.0f,"invalidation":', position, previous) .. ARGV[3] .. '}'
redis.call('SET', KEYS[1], string.format('%.0f', position))
redis.call('RPUSH', KEYS[2], entry)
redis.call('LTRIM', KEYS[2], -ARGV[4], -1)
redis.call('PUBLISH', ARGV[2], '{"type":"logged","entry":' .. entry .. '}')
`);
