-- Stores or removes the token, if the expected one is there.
--
-- KEYS  1 token
-- ARGV  1 'any', 'exactly' or 'absent', 2 the token that is expected exactly
--       3 the token from now on ('' to remove it), 4 its ttl in ms
-- Replies: 1; or, if it is refused, the token that is there ('' if none).
local call = redis.call

local current = call('GETRANGE', KEYS[1], '0', '24576')
if (ARGV[1] == 'exactly' and current ~= ARGV[2]) or (ARGV[1] == 'absent' and current ~= '') then
  return current
end

if ARGV[3] == '' then
  call('DEL', KEYS[1])
else
  call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
return 1
