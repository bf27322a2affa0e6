-- What is recorded under a commit id; where nothing is, from now on a fence.
-- KEYS  1 and 2 done
-- ARGV  1 commit id, 2 fence, 3 retention in ms

local done = call('HGET', KEYS[1], ARGV[1]) or call('HGET', KEYS[2], ARGV[1])
if done then
  return done
end

record(1, ARGV[1], ARGV[2], ARGV[3])
return ARGV[2]
