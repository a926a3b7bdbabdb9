import { RedisScript } from "../redis-script.ts";
import { storeTime } from "./store-time.ts";

/**
 * Looks at resources of one place, and takes leases on fetching what is not there.
 *
 * KEYS: the place's position; then each resource's hash.
 * ARGV: the time (nothing: the server's), this process, how long a new hash is kept; then for each resource the oldest that will do (nothing: what is usual for each entry), for how long
 * to claim (0: not), the holder, how many views, and the views.
 *
 * A hash has `i`, the position of its last invalidation, or the place's when the hash began; `e <holder> <view>`, an entry: 13 digits for when it was
 * seen, 10 for how old it usually may be, and the value; `l <holder>`, a lease: until when, since when, whose; `w <holder>`: somebody waits for it.
 * A server that takes no writes (it is full, or a replica) answers all the same, and gives no leases.
 */
export const readScript = new RedisScript(`
local function refused(reply) return type(reply) == 'table' and reply.err ~= nil end
${storeTime}
local micros = storeTime(ARGV[1])
local now = math.floor(micros / 1000)
local position = redis.call('GET', KEYS[1])
if not position then
  position = string.format('%.0f', micros)
  if refused(redis.pcall('SET', KEYS[1], position, 'PX', 86400000)) then position = '0' end
end
local reply = {position, now}
local at = 4
for index = 2, #KEYS do
  local key, limit, claim, holder, views = KEYS[index], ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
  local fields = {}
  for view = 1, views do fields[view] = 'e ' .. holder .. ' ' .. ARGV[at + 3 + view] end
  at = at + 4 + views
  local best, bestSeen = nil, -1
  local values = redis.call('HMGET', key, unpack(fields))
  for view = 1, views do
    local value = values[view]
    if value then
      local seen = tonumber(string.sub(value, 1, 13))
      local most = tonumber(limit) or tonumber(string.sub(value, 14, 23))
      if now - seen <= most and seen > bestSeen then best, bestSeen = value, seen end
    end
  end
  if best then
    reply[index + 1] = best
  elseif claim == 0 then
    reply[index + 1] = -1
  else
    local lease = 'l ' .. holder
    local ends, began, whose = string.match(redis.call('HGET', key, lease) or '', '^(%d+) (%d+) (.*)$')
    local mine = true
    if whose and whose ~= ARGV[2] and tonumber(ends) > now and now - tonumber(began) <= (tonumber(limit) or now) then
      mine = refused(redis.pcall('HSET', key, 'w ' .. holder, 1))
      reply[index + 1] = mine and -1 or tonumber(ends) - now
    end
    if mine then
      local taken = redis.pcall('HSET', key, lease, string.format('%.0f %.0f %s', now + claim, now, ARGV[2]))
      if refused(taken) then
        reply[index + 1] = -1
      else
        redis.call('HSETNX', key, 'i', position)
        if redis.call('PTTL', key) < tonumber(ARGV[3]) then redis.call('PEXPIRE', key, ARGV[3]) end
        reply[index + 1] = 0
      end
    end
  end
end
return reply
`);
