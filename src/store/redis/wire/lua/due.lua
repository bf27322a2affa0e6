-- Claims users for whom something is due.
--
-- KEYS  1 index
-- ARGV  1 how many at most, 2 the length of a claim in ms
-- Replies: the score of the claims, and the members of the index, the longest overdue first.

if not may('ZADD', KEYS[1], '1', '') then
  return redis.error_reply(NOT_ALLOWED)
end
local due = call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', '0', ARGV[1])
local until_then = string.format('%.0f', now + ARGV[2])
for _, member in ipairs(due) do
  call('ZADD', KEYS[1], until_then, member)
end
return { until_then, due }
