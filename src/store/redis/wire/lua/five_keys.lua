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

if recorded or line ~= ARGV[7] or parts ~= tonumber(ARGV[6]) then
  return {
    line,
    call('GETRANGE', KEYS[2], '0', '65536'),
    call('GETRANGE', KEYS[3], '0', '64'),
    call('GETRANGE', KEYS[4], '0', '64'),
    call('GETRANGE', KEYS[5], '0', '64'),
    kept and 1 or 0,
    recorded,
  }
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

local new_line, lifetime_ends = ARGV[12], ARGV[13]
if ARGV[14] then
  new_line = ARGV[12] .. string.format('%.0f', now) .. ARGV[13]
  lifetime_ends = now + ARGV[14]
end
-- As text, because a number would be formatted again for every call. Lua writes fourteen digits,
-- and milliseconds take thirteen.
local session_ends = math.max(now + 1, math.min(now + ARGV[3], lifetime_ends)) .. ''

-- MSET and PEXPIREAT take less of the server's time than as many SETs with PXAT.
if ARGV[10] ~= '' then
  call('MSET', KEYS[2], ARGV[8], KEYS[3], ARGV[9], KEYS[5], ARGV[11], KEYS[1], new_line,
    KEYS[4], ARGV[10])
  call('PEXPIREAT', KEYS[4], session_ends)
else
  call('MSET', KEYS[2], ARGV[8], KEYS[3], ARGV[9], KEYS[5], ARGV[11], KEYS[1], new_line)
  if drop_option then
    call('DEL', KEYS[4])
  end
end
call('PEXPIREAT', KEYS[2], session_ends)
call('PEXPIREAT', KEYS[3], session_ends)
call('PEXPIREAT', KEYS[5], session_ends)
call('PEXPIREAT', KEYS[1], now + ARGV[4])
write_record(hash, expires, latest, ARGV[1], ARGV[2])
if drop_token then
  call('DEL', KEYS[6])
end
return now
