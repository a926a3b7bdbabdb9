/**
 * The store's clock in microseconds, a part of scripts: the server's own, which all processes share; or what a test has put in its place, in
 * milliseconds.
 */
export const storeTime = `
local function storeTime(given)
  if given ~= '' then return tonumber(given) * 1000 end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
`;
