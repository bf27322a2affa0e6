-- One commit under five keys: everything is written, or nothing, and the session as it is now is
-- returned.
--
-- KEYS  1 version, 2 data, 3 stage, 4 option, 5 direction, 6 token, 7 and 8 commit ids
-- ARGV  1 commit id, 2 its record, 3 ttl and 4 retention in ms, 5 '1' to remove the token
--       6 and 7 what the commit expects: parts, version line
--       8 data, 9 stage, 10 option ('' if none), 11 direction
--       for a session that goes on: 12 version line, 13 time at which its lifetime is over
--       for a session that starts: 12 and 13 version line before and after the start, 14 lifetime
-- Replies: the time of the commit; or, if it is refused, a list of what a load reads, whether
-- commit ids are kept (1 or 0), and what is recorded under the commit id.
--
-- All reads come before the first write, and so does all that can fail: the first write asks for
-- memory, and the rights to all others were checked. If the reply is an error, nothing was written.

local recorded = recorded_under(7, ARGV[1])
local line = call('GETRANGE', KEYS[1], '0', '2048')
-- 1 data, 2 stage, 4 option, 8 direction; 16 if the commit ids of a session are lost.
local parts = 0
for part = 0, 3 do
  -- STRLEN raises WRONGTYPE for a foreign key. After EXISTS, SET would overwrite it.
  if call('STRLEN', KEYS[2 + part]) > 0 then
    parts = parts + 2 ^ part
  end
end
local hash, expires, latest, kept = prepare_record(7, ARGV[4])
if line ~= '' and not kept then
  parts = parts + 16
end
local drop_token = ARGV[5] == '1'

if recorded or session_write ~= 'nothing'
  and (line ~= ARGV[7] or parts ~= tonumber(ARGV[6])) then
  return answer({
    line,
    call('GETRANGE', KEYS[2], '0', '65536'),
    call('GETRANGE', KEYS[3], '0', '64'),
    call('GETRANGE', KEYS[4], '0', '64'),
    call('GETRANGE', KEYS[5], '0', '64'),
    kept and 1 or 0,
    recorded,
  })
end
if drop_token then
  call('STRLEN', KEYS[6])
end
local drop_option = ARGV[10] == '' and parts % 8 >= 4
if not may('PEXPIREAT', KEYS[1], expires) or not may('HSET', hash, '', '')
  or drop_option and not may('DEL', KEYS[4])
  or drop_token and not may('DEL', KEYS[6]) then
  return redis.error_reply(NOT_ALLOWED)
end
