import { RedisScript } from "../redis-script.ts";

/**
 * Forgets what is stored of one resource, for every scope, and tells every process: invalidation and publication are one step. A server that is full does it
 * too.
 *
 * KEYS: the place's position, the resource's hash. ARGV: the channel, the word, how long the fence is kept; and if only what was seen before an
 * instant is to be forgotten, that.
 */
export const invalidateScript = new RedisScript(`#!lua flags=allow-oom
local time = redis.call('TIME')
local position = math.max(time[1] * 1000000 + time[2], (tonumber(redis.call('GET', KEYS[1])) or 0) + 1)
position = string.format('%.0f', position)
redis.call('SET', KEYS[1], position, 'PX', 86400000)
if ARGV[4] == '' then
  redis.call('UNLINK', KEYS[2])
else
  local fields = redis.call('HGETALL', KEYS[2])
  for index = 1, #fields, 2 do
    local isEntry = string.sub(fields[index], 1, 2) == 'e '
    local isLate = isEntry and tonumber(string.sub(fields[index + 1], 1, 13)) >= tonumber(ARGV[4])
    if not isLate then redis.call('HDEL', KEYS[2], fields[index]) end
  end
end
redis.call('HSET', KEYS[2], 'i', position)
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
redis.call('PUBLISH', ARGV[1], ARGV[2])
`);

/**
 * Where the log of invalidations stands, and what is in it. Where nothing stands there, or it was evicted, it begins: at a position that nothing was stored
 * with before.
 *
 * KEYS: its position, its entries.
 */
export const loadLogScript = new RedisScript(`
local time = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), 'NX')
return {redis.call('GET', KEYS[1]), redis.call('LRANGE', KEYS[2], 0, -1)}
`);

/**
 * Adds an invalidation to the log, and tells every process.
 *
 * KEYS: its position, its entries. ARGV: the channel, the invalidation as JSON, how many are kept.
 */
export const logScript = new RedisScript(`#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
-- Where it was evicted, nobody knows what stood in it: what was stored before is not to be taken.
local previous = tonumber(redis.call('GET', KEYS[1])) or now - 1
local position = math.max(now, previous + 1)
local entry = string.format('{"position":%.0f,"previous":%.0f,"invalidation":', position, previous) .. ARGV[2] .. '}'
redis.call('SET', KEYS[1], string.format('%.0f', position))
redis.call('RPUSH', KEYS[2], entry)
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
redis.call('PUBLISH', ARGV[1], '{"type":"logged","entry":' .. entry .. '}')
`);
