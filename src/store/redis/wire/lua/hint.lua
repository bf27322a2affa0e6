-- Says when a user is looked at, before a commit that relies on it. The index of a cluster is in
-- another slot than the user.
--
-- KEYS  1 index
-- ARGV  1 user id, 2 after how many ms
-- Replies: the time.

if not may('ZADD', KEYS[1], '1', '') then
  return redis.error_reply(NOT_ALLOWED)
end
local time = now + ARGV[2]
-- Only later: another process may rely on the time that is there. The entry for the wake-up is left
-- as it is, so a commit that is refused takes no reminder away.
call('ZADD', KEYS[1], 'GT', string.format('%.0f', time), 'w' .. ARGV[1])
return time
