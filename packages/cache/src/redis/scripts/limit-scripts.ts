import { limitPace } from "@cloudlink/core";
import { RedisScript } from "../redis-script.ts";
import { storeTime } from "./store-time.ts";

/**
 * A limit's bucket, a part of scripts. It behaves as core's `LimitBucket` does, which says why.
 *
 * A hash has `l`, how many tokens there are; `t`, as of when, in milliseconds, in the future while the vendor has it closed; `c`, until when that is;
 * `p`, the pace, as of then; `s`, when it was lowered last; `u <process>`, when a process asked last. One that is not there is full. It expires when it
 * would be as if it had never been.
 */
const bucket = `
${storeTime}
local gain = ${limitPace.increasePerSecond / 1_000}
local function load(key, now, burst, refill)
  local raw = redis.call('HMGET', key, 'l', 't', 'c', 'p', 's')
  local b = {
    l = tonumber(raw[1]) or burst, t = tonumber(raw[2]) or now, c = tonumber(raw[3]) or 0,
    p = tonumber(raw[4]) or 1, s = tonumber(raw[5]) or -1e15,
    refill = refill / 1000, burst = burst
  }
  if b.t > now and b.t > b.c then b.t = now end
  if b.s > now then b.s = now end
  local elapsed = now - b.t
  if elapsed > 0 then
    local full = (1 - b.p) / gain
    local slow = math.min(elapsed, full)
    local paced = b.p * slow + gain * slow * slow / 2 + (elapsed - slow)
    b.l = math.max(b.l, math.min(burst, b.l + paced * b.refill))
    if elapsed >= full then b.p = 1 else b.p = b.p + gain * elapsed end
    b.t = now
  end
  b.l = math.min(b.l, burst)
  return b
end
local function waitFor(b, tokens, now)
  local missing = tokens - b.l
  if missing <= 1e-6 then return 0 end
  local ms = missing / b.refill
  local slow = (1 - b.p) / gain
  local paced = (1 + b.p) / 2 * slow
  local takes
  if ms >= paced then takes = slow + ms - paced
  else takes = (math.sqrt(b.p * b.p + 2 * gain * ms) - b.p) / gain end
  return math.max(0, b.t - now) + takes
end
local function store(key, b, now, least)
  local number = function(value) return string.format('%.17g', value) end
  redis.call('HSET', key, 'l', number(b.l), 't', number(b.t), 'c', number(b.c), 'p', number(b.p), 's', number(b.s))
  local whole = math.max(waitFor(b, b.burst, now), math.max(0, b.t - now) + (1 - b.p) / gain)
  -- A day at the most: a bucket that takes longer to fill is full after that, and the vendor says so if it is not.
  local lasts = math.min(math.max(math.ceil(whole), least or 0) + ${limitPace.apartMs}, 86400000)
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(lasts, redis.call('PTTL', key))))
end
local now = storeTime(ARGV[1]) / 1000
local burst, refill = tonumber(ARGV[2]), tonumber(ARGV[3])
local b = load(KEYS[1], now, burst, refill)
`;

/** Takes tokens. KEYS: the bucket. ARGV: the time, burst, refill a second, the most that are wanted, how many are owed, this process. */
export const takeScript = new RedisScript(`
${bucket}
local mine = 'u ' .. ARGV[6]
local replicas = 1
local fields = redis.call('HGETALL', KEYS[1])
for index = 1, #fields, 2 do
  if string.sub(fields[index], 1, 2) == 'u ' and fields[index] ~= mine then
    if tonumber(fields[index + 1]) > now - ${limitPace.replicaMs} then replicas = replicas + 1
    else redis.call('HDEL', KEYS[1], fields[index]) end
  end
end
redis.call('HSET', KEYS[1], mine, string.format('%.17g', now))
b.l = b.l - tonumber(ARGV[5])
local there = math.max(0, math.floor(b.l + 1e-6))
local granted = math.min(tonumber(ARGV[4]), there, math.max(1, math.floor(there / replicas)))
b.l = b.l - granted
store(KEYS[1], b, now, ${limitPace.replicaMs})
return {granted, string.format('%.17g', waitFor(b, 1, now)), string.format('%.17g', b.l), replicas}
`);

/** The vendor refused a call. KEYS: the bucket. ARGV: the time, burst, refill a second, for how long it is closed. */
export const throttledScript = new RedisScript(`
${bucket}
b.l = math.min(b.l, 0)
if now - b.s >= ${limitPace.apartMs} then
  b.p = math.max(${limitPace.slowest}, b.p * ${limitPace.decrease})
  b.s = now
end
if tonumber(ARGV[4]) > 0 then
  b.t = math.max(b.t, now + ARGV[4])
  b.c = b.t
end
store(KEYS[1], b, now)
`);

/** The vendor said how much is left. KEYS: the bucket. ARGV: the time, burst, refill a second, how much. */
export const lowerScript = new RedisScript(`
${bucket}
b.l = math.min(b.l, math.max(0, tonumber(ARGV[4])))
store(KEYS[1], b, now)
`);
