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
-- The hash is never gone in between: of a slot that is being moved, a key that is not there is another node's.
redis.call('HSET', KEYS[1], 'i', string.format('%.0f', position))
local before = tonumber(ARGV[5])
local function isLate(field)
  if not before or string.sub(field, 1, 2) ~= 'e ' then return false end
  return tonumber(string.sub(redis.call('HGET', KEYS[1], field), 1, 13)) >= before
end
-- Without the values, which are what is large.
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'i' and not isLate(field) then redis.call('HDEL', KEYS[1], field) end
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
`);

/**
 * The log of invalidations. Where there is none, or it was evicted, it begins with an entry of nothing: at a position that nothing was stored with
 * before.
 *
 * KEYS: the log. ARGV: the time.
 */
export const loadLogScript = new RedisScript(`
${storeTime}
if redis.call('EXISTS', KEYS[1]) == 0 then
  local begin = string.format('%.0f', storeTime(ARGV[1]))
  redis.call('RPUSH', KEYS[1], '{"position":' .. begin .. ',"previous":' .. begin .. ',"invalidation":null}')
end
return redis.call('LRANGE', KEYS[1], 0, -1)
`);

/**
 * Adds an invalidation to the log, and tells every process. Gives its position.
 *
 * KEYS: the log. ARGV: the time, the channel, the invalidation as JSON, how many are kept.
 */
export const logScript = new RedisScript(`#!lua flags=allow-oom
${storeTime}
local now = storeTime(ARGV[1])
local last = redis.call('LINDEX', KEYS[1], -1)
-- Where it was evicted, nobody knows what stood in it: what was stored before is not to be taken.
local previous = last and cjson.decode(last).position or now - 1
local position = math.max(now, previous + 1)
local entry = string.format('{"position":%.0f,"previous":%.0f,"invalidation":', position, previous) .. ARGV[3] .. '}'
redis.call('RPUSH', KEYS[1], entry)
redis.call('LTRIM', KEYS[1], -ARGV[4], -1)
redis.call('PUBLISH', ARGV[2], '{"type":"logged","entry":' .. entry .. '}')
return string.format('%.0f', position)
`);
