-- Says when a user is looked at, before a commit that relies on it. The index of a cluster is in
-- another slot than the user.
--
-- KEYS  1 index
-- ARGV  1 user id, 2 and 3 after how many ms for work and for a wake-up, '' if not at all
-- Replies: both times, 0 if not at all.

if not may('ZADD', KEYS[1], '1', '') then
  return redis.error_reply(NOT_ALLOWED)
end
local work, wake_up = 0, 0
if ARGV[2] ~= '' then
  work = now + ARGV[2]
  -- Only later: another process may rely on the time that is there.
  call('ZADD', KEYS[1], 'GT', string.format('%.0f', work), 'w' .. ARGV[1])
end
if ARGV[3] ~= '' then
  wake_up = now + ARGV[3]
  call('ZADD', KEYS[1], string.format('%.0f', wake_up), 'r' .. ARGV[1])
end
return { work, wake_up }
