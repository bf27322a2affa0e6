
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
