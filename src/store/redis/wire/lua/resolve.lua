-- Reads what is recorded under a commit id. If nothing is, records a fence: the commit never
-- applies.
--
-- KEYS  1 and 2 commit ids
-- ARGV  1 commit id, 2 fence, 3 retention in ms
-- Replies: what is recorded now.

local recorded = call('HGET', KEYS[1], ARGV[1]) or call('HGET', KEYS[2], ARGV[1])
if recorded then
  return recorded
end

record(1, ARGV[1], ARGV[2], ARGV[3])
return ARGV[2]
