-- One commit under one key: everything is written, or nothing, and the session as it is now is
-- returned.
--
-- KEYS  1 session, 2 version, 3 token, 4 and 5 commit ids
-- ARGV  1 commit id, 2 its record, 3 ttl and 4 retention in ms, 5 '1' to remove the token
--       6 and 7 what the commit expects: the first bytes of the session ('' if none), and the
--       offset of the last of them
--       for a session that goes on: 8 the session, 9 its version line, 10 time at which its
--       lifetime is over
--       for a session that starts: 8 what follows its version line, 9 and 10 that line before and
--       after the start, 11 lifetime in ms, 12 the tombstone that the commit expects ('' if none)
-- Replies: the time of the commit; or, if it is refused, a list of what a load reads and what is
-- recorded under the commit id.
--
-- All reads come before the first write, and the first write asks for memory: if the reply is an
-- error, nothing was written.

local recorded = call('HGET', KEYS[4], ARGV[1]) or call('HGET', KEYS[5], ARGV[1])
local unchanged = call('GETRANGE', KEYS[1], '0', ARGV[7]) == ARGV[6]
if ARGV[6] == '' then
  unchanged = unchanged and call('GETRANGE', KEYS[2], '0', '2048') == ARGV[12]
else
  -- STRLEN raises WRONGTYPE for a foreign key, which SET would overwrite.
  call('STRLEN', KEYS[2])
end
local drop_token = ARGV[5] == '1'

if recorded or not unchanged then
  return {
    call('GETRANGE', KEYS[1], '0', '67589'),
    call('GETRANGE', KEYS[2], '0', '2048'),
    recorded,
  }
end
if drop_token then
  call('STRLEN', KEYS[3])
end

local session, line, lifetime_ends = ARGV[8], ARGV[9], ARGV[10]
if ARGV[11] then
  line = ARGV[9] .. string.format('%.0f', now) .. ARGV[10]
  lifetime_ends = now + ARGV[11]
  session = line .. ARGV[8]
end

call('SET', KEYS[1], session, 'PX', ARGV[3])
call('SET', KEYS[2], line, 'PX', ARGV[4])
if now + ARGV[3] > tonumber(lifetime_ends) then
  call('PEXPIREAT', KEYS[1], math.max(now + 1, lifetime_ends))
end
record(4, ARGV[1], ARGV[2], ARGV[4])
if drop_token then
  call('DEL', KEYS[3])
end
return now
