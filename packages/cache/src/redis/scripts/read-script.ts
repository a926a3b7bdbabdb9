import { RedisScript } from "../redis-script.ts";
import { storeTime } from "./store-time.ts";

/**
 * Looks at resources, and takes leases on fetching what is not there.
 *
 * KEYS: each resource's hash. ARGV: the time (nothing: the server's), this process, how long a new hash is kept, how many ways of looking there are; then
 * for each way the oldest that will do (nothing: what is usual for each entry), for how long to claim (0: not), the holder, how many views, and the views;
 * then, if there are several ways, which one it is for each resource.
 *
 * A hash has `i`, the position of its last invalidation, or of its beginning; `e <holder> <view>`, an entry: 13 digits for when it was
 * seen, 10 for how old it usually may be, and the value; `l <holder>`, a lease: until when, since when, whose; `w <holder>`: somebody waits for it.
 *
 * Gives the time in milliseconds; then for each resource its position or nothing, and the entry that was found, or for how long another's lease lasts, or
 * 0 for a lease that is this process's now, or -1. A server that takes no writes (it is full, or a replica) answers all the same, and gives no leases.
 */
export const readScript = new RedisScript(`
${storeTime}
local function refused(reply) return type(reply) == 'table' and reply.err ~= nil end
local micros = storeTime(ARGV[1])
local now = math.floor(micros / 1000)
local reply = {now}
local ways = {}
local at = 5
for way = 1, tonumber(ARGV[4]) do
  local holder, views = ARGV[at + 2], tonumber(ARGV[at + 3])
  local fields = {'i', 'l ' .. holder}
  for view = 1, views do fields[view + 2] = 'e ' .. holder .. ' ' .. ARGV[at + 3 + view] end
  ways[way] = {limit = tonumber(ARGV[at]), claim = tonumber(ARGV[at + 1]), holder = holder, views = views, fields = fields}
  at = at + 4 + views
end
for index, key in ipairs(KEYS) do
  local way = ways[tonumber(ARGV[at + index - 1]) or 1]
  local limit, claim, holder, views = way.limit, way.claim, way.holder, way.views
  local values = redis.call('HMGET', key, unpack(way.fields))
  local position, lease = values[1], values[2]
  local best, bestSeen = nil, -1
  for view = 3, views + 2 do
    local value = values[view]
    if value then
      local seen = tonumber(string.sub(value, 1, 13))
      local most = limit or tonumber(string.sub(value, 14, 23))
      if now - seen <= most and seen > bestSeen then best, bestSeen = value, seen end
    end
  end
  local finding = best or -1
  if not best and claim > 0 then
    local ends, began, whose = string.match(lease or '', '^(%d+) (%d+) (.*)$')
    if whose and whose ~= ARGV[2] and tonumber(ends) > now and now - tonumber(began) <= (limit or now) then
      if not refused(redis.pcall('HSET', key, 'w ' .. holder, 1)) then finding = tonumber(ends) - now end
    elseif not refused(redis.pcall('HSET', key, 'l ' .. holder, string.format('%.0f %.0f %s', now + claim, now, ARGV[2]))) then
      finding = 0
      if not position then
        position = string.format('%.0f', micros)
        redis.call('HSET', key, 'i', position)
      end
      if redis.call('PTTL', key) < tonumber(ARGV[3]) then redis.call('PEXPIRE', key, ARGV[3]) end
    end
  end
  reply[index * 2] = position or ''
  reply[index * 2 + 1] = finding
end
return reply
`);
