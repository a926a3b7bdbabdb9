import { RedisScript } from "../redis-script.ts";
import { storeTime } from "./store-time.ts";

/**
 * Ends a lease, if it is this process's, and tells whoever waits: a part of other scripts, which have the key, the holder, the process, the channel and
 * the word.
 */
export const endLease = `
local function endLease(key, holder, process, channel, word)
  local whose = string.match(redis.call('HGET', key, 'l ' .. holder) or '', '^%d+ %d+ (.*)$')
  if whose ~= process then return end
  redis.call('HDEL', key, 'l ' .. holder)
  if redis.call('HDEL', key, 'w ' .. holder) == 1 then redis.call('PUBLISH', channel, word) end
end
`;

/**
 * Stores entries, each unless its resource was invalidated after the position that it comes with, or has a younger one; see {@link readScript} for what
 * a hash has. Of a resource that has none, nothing was invalidated for as long as fences are kept.
 *
 * KEYS: each resource's hash. ARGV: the time, this process, how long an entry is kept, the channel; then for each entry its position (nothing: not
 * known), holder, view, when it was seen, how old it usually may be, the value, and the word that its lease has ended.
 *
 * Gives for each 1 if it was stored, 0 if it was refused, and -1 where there was no room; and its resource's position.
 */
export const writeScript = new RedisScript(`
${storeTime}
${endLease}
local process, keep, channel = ARGV[2], ARGV[3], ARGV[4]
local reply = {}
for index, key in ipairs(KEYS) do
  local at = 5 + (index - 1) * 7
  local position, holder = tonumber(ARGV[at]), ARGV[at + 1]
  local fence = redis.call('HGET', key, 'i')
  local taken = 0
  if not fence or (position and tonumber(fence) <= position) then
    local field = 'e ' .. holder .. ' ' .. ARGV[at + 2]
    local known = redis.call('HGET', key, field)
    local written
    if not known or tonumber(string.sub(known, 1, 13)) <= tonumber(ARGV[at + 3]) then
      fence = fence or string.format('%.0f', storeTime(ARGV[1]))
      written = redis.pcall('HSET', key, 'i', fence, field, ARGV[at + 3] .. ARGV[at + 4] .. ARGV[at + 5])
    end
    if type(written) == 'table' and written.err then
      taken = -1
    else
      taken = 1
      if redis.call('PTTL', key) < tonumber(keep) then redis.call('PEXPIRE', key, keep) end
    end
  end
  reply[index * 2 - 1], reply[index * 2] = taken, fence
  endLease(key, holder, process, channel, ARGV[at + 6])
end
return reply
`);
