-- Looks for users for whom something is due, and claims them if told to.
--
-- KEYS  1 index
-- ARGV  1 how many at most, 2 the length of a claim in ms, '' to claim none
-- Replies: the score of the claims, '' if none; and the members of the index, each followed by the
-- score that it had, the longest overdue first.
--
-- A claim is a score at half a millisecond. All other scores are whole ones, so what is done to an
-- entry on the condition that it has the score of the claim is not done to what a commit wrote
-- since.

local due = call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', '0', ARGV[1])
if ARGV[2] == '' or #due == 0 then
  return { '', due }
end
if not (may('ZADD', KEYS[1], '1', '') and may('ZREM', KEYS[1], '')) then
  return redis.error_reply(NOT_ALLOWED)
end
local claim = string.format('%.1f', now + ARGV[2] + 0.5)
for at = 1, #due, 2 do
  -- A full server refuses a script whose first write asks for memory. This one only frees some.
  call('ZREM', KEYS[1], due[at])
  call('ZADD', KEYS[1], claim, due[at])
end
return { claim, due }
