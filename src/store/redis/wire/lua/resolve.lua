-- Reads what is recorded under a commit id. If nothing is, records a fence: the commit never
-- applies.
--
-- KEYS  1 and 2 commit ids, 3 version, 4 data (under one key the whole session)
-- ARGV  1 commit id, 2 fence, 3 retention in ms
-- Replies: what is recorded now; the length of a value that is no record; 0 if the commit ids of
-- the user are lost, so that none can be resolved.

local recorded = recorded_under(1, ARGV[1])
if recorded then
  return recorded
end
local hash, expires, latest, kept = prepare_record(1, ARGV[3])
-- Of a user without a session, none need be kept.
if not kept and (call('STRLEN', KEYS[3]) > 0 or call('STRLEN', KEYS[4]) > 0) then
  return 0
end
if latest and not may('PEXPIREAT', hash, latest) then
  return redis.error_reply(NOT_ALLOWED)
end

write_record(hash, expires, latest, ARGV[1], ARGV[2])
return ARGV[2]
