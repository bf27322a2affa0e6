-- Moves or removes what was claimed, unless a commit has moved it meanwhile.
--
-- KEYS  1 index
-- ARGV  1 member, 2 the score of the claim, 3 the new score, '' to remove it
-- Replies: 1 if it was done, else 0.

if not (may('ZADD', KEYS[1], '1', '') and may('ZREM', KEYS[1], '')) then
  return redis.error_reply(NOT_ALLOWED)
end
local score = call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then
  return 0
end
if ARGV[3] == '' then
  call('ZREM', KEYS[1], ARGV[1])
else
  call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
return 1
