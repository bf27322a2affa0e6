-- Gives back the lease to refresh the token, if the caller holds it.
--
-- KEYS  1 lease
-- ARGV  1 holder
-- Replies: 1 if the caller held it, else 0.
local call = redis.call

local lease = call('GETRANGE', KEYS[1], '0', '64')
if string.sub(lease, 1, 33) ~= ARGV[1] .. ' ' then
  return 0
end
return call('DEL', KEYS[1])
