-- Stores or removes the token, where the expected one stands.
-- KEYS  1 token, 2 claim
-- ARGV  1 'any', 'exactly' or 'absent', 2 the token that is expected exactly
--       3 the token from now on ('' for none), 4 its ttl in ms, 5 whose claim ends with it ('' for nobody's)
-- Replies 1, or the token that stands there ('' for none).
local call = redis.call

local current = call('GETRANGE', KEYS[1], '0', '24576')
local claim = call('GETRANGE', KEYS[2], '0', '64')
if (ARGV[1] == 'exactly' and current ~= ARGV[2]) or (ARGV[1] == 'absent' and current ~= '') then
  return current
end

if ARGV[3] == '' then
  call('DEL', KEYS[1])
else
  call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
if ARGV[5] ~= '' and string.sub(claim, 1, 33) == ARGV[5] .. ' ' then
  call('DEL', KEYS[2])
end
return 1
