import { RedisScript } from "../redis-script.ts";

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
 * Stores entries of one place, each unless its resource was invalidated after the position that it comes with, or has a younger one; see
 * {@link readScript} for what a hash has.
 *
 * KEYS: the place's position; then each resource's hash.
 * ARGV: this process, how long an entry is kept, the channel; then for each entry its position, holder, view, when it was seen, how old it usually may
 * be, the value, and the word that its lease has ended.
 *
 * Gives 1 for each that was stored, 0 for each that was refused, -1 where there was no room.
 */
export const writeScript = new RedisScript(`
${endLease}
local place = redis.call('GET', KEYS[1])
local process, keep, channel = ARGV[1], ARGV[2], ARGV[3]
local reply = {}
for index = 2, #KEYS do
  local at = 4 + (index - 2) * 7
  local key, position, holder, view = KEYS[index], ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local fence = redis.call('HGET', key, 'i')
  local passes
  if fence then passes = tonumber(fence) <= tonumber(position) else passes = place == position end
  local written
  if passes then
    local field = 'e ' .. holder .. ' ' .. view
    local known = redis.call('HGET', key, field)
    if not known or tonumber(string.sub(known, 1, 13)) <= tonumber(ARGV[at + 3]) then
      written = redis.pcall('HSET', key, field, ARGV[at + 3] .. ARGV[at + 4] .. ARGV[at + 5])
    end
    if not fence and not (type(written) == 'table') then redis.call('HSET', key, 'i', position) end
  elseif not fence and place then
    -- What was invalidated meanwhile is not known; from now on it is.
    written = redis.pcall('HSET', key, 'i', place)
  end
  if type(written) == 'table' and written.err then
    reply[index - 1] = -1
  else
    reply[index - 1] = passes and 1 or 0
    if redis.call('PTTL', key) < tonumber(keep) then redis.call('PEXPIRE', key, keep) end
  end
  endLease(key, holder, process, channel, ARGV[at + 6])
end
return reply
`);
