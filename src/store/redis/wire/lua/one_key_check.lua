-- One commit under one key: everything is written, or nothing, and the session as it is now is
-- returned.
--
-- KEYS  1 session, 2 version, 3 token, 4 and 5 commit ids
-- ARGV  1 commit id, 2 its record, 3 ttl and 4 retention in ms, 5 '1' to remove the token
--       6, 7 and 8 what the commit expects: '1' if commit ids are kept, else '0'; the first bytes
--       of the session ('' if none); the offset of the last of them
--       for a session that goes on: 9 the session, 10 its version line, 11 time at which its
--       lifetime is over
--       for a session that starts: 9 what follows its version line, 10 and 11 that line before and
--       after the start, 12 lifetime in ms, 13 the tombstone that the commit expects ('' if none)
-- Replies: the time of the commit; or, if it is refused, a list of what a load reads, whether
-- commit ids are kept (1 or 0), and what is recorded under the commit id.
--
-- All reads come before the first write, and so does all that can fail: the first write asks for
-- memory, and the rights to all others were checked. If the reply is an error, nothing was written.

local recorded = recorded_under(4, ARGV[1])
local first_bytes = call('GETRANGE', KEYS[1], '0', ARGV[8])
local unchanged = first_bytes == ARGV[7]
-- STRLEN raises WRONGTYPE for a foreign key, which SET would overwrite.
local has_line = call('STRLEN', KEYS[2]) > 0
if unchanged and ARGV[7] == '' then
  unchanged = call('GETRANGE', KEYS[2], '0', '2048') == ARGV[13]
end
local hash, expires, latest, kept = prepare_record(4, ARGV[4])
-- Of a user without a session, none need be kept.
kept = kept or (first_bytes == '' and not has_line)
local drop_token = ARGV[5] == '1'

if recorded or session_write ~= 'nothing'
  and (not unchanged or kept ~= (ARGV[6] == '1')) then
  return answer({
    call('GETRANGE', KEYS[1], '0', '67589'),
    call('GETRANGE', KEYS[2], '0', '2048'),
    kept and 1 or 0,
    recorded,
  })
end
if drop_token then
  call('STRLEN', KEYS[3])
end

local session, line, lifetime_ends = ARGV[9], ARGV[10], ARGV[11]
if ARGV[12] then
  line = ARGV[10] .. string.format('%.0f', now) .. ARGV[11]
  lifetime_ends = now + ARGV[12]
  session = line .. ARGV[9]
end
local ends_early = now + ARGV[3] > tonumber(lifetime_ends)
if (ends_early or latest) and not may('PEXPIREAT', KEYS[1], expires)
  or not may('HSET', hash, '', '')
  or drop_token and not may('DEL', KEYS[3]) then
  return redis.error_reply(NOT_ALLOWED)
end
