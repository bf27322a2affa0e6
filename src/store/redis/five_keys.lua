-- One commit: all of it, or nothing and what stands there now.
-- KEYS  1 version, 2 state, 3 stage, 4 option, 5 direction, 6 token, 7 and 8 done
-- ARGV  1 commit id, 2 what is recorded under it, 3 ttl, 4 retention (in ms), 5 whether the token goes ('1')
--       6 and 7 the basis: parts, version line
--       8 state, 9 stage, 10 option ('' for none), 11 direction
--       12 and 13 of a session that lives on: its version line, and the instant at which its lifetime is over
--       12 to 14 of one that begins: its version line before and after the instant of that, and its lifetime in ms
-- Replies the instant of the commit, or a list: what a load reads, and what is recorded under the commit id.
-- Every read comes before the first write, and the first write asks for memory: an error reply means that nothing was written.

local done = call('HGET', KEYS[7], ARGV[1]) or call('HGET', KEYS[8], ARGV[1])
local line = call('GETRANGE', KEYS[1], '0', '2048')
local parts = 0
for part = 0, 3 do
  -- STRLEN raises WRONGTYPE, where EXISTS would let SET destroy a stranger's key.
  if call('STRLEN', KEYS[2 + part]) > 0 then
    parts = parts + 2 ^ part
  end
end
local drop_token = ARGV[5] == '1'

if done or line ~= ARGV[7] or parts ~= tonumber(ARGV[6]) then
  return {
    line,
    call('GETRANGE', KEYS[2], '0', '65536'),
    call('GETRANGE', KEYS[3], '0', '64'),
    call('GETRANGE', KEYS[4], '0', '64'),
    call('GETRANGE', KEYS[5], '0', '64'),
    done,
  }
end
if drop_token then
  call('STRLEN', KEYS[6])
end

local new_line, ends = ARGV[12], ARGV[13]
if ARGV[14] then
  new_line, ends = ARGV[12] .. string.format('%.0f', now) .. ARGV[13], now + ARGV[14]
end
-- As text, for a number would be written out anew at every call. Lua writes fourteen digits, and milliseconds take thirteen.
local expires = math.max(now + 1, math.min(now + ARGV[3], ends)) .. ''

-- MSET and PEXPIREAT take less of the server's time than as many SETs with PXAT.
if ARGV[10] ~= '' then
  call('MSET', KEYS[2], ARGV[8], KEYS[3], ARGV[9], KEYS[5], ARGV[11], KEYS[1], new_line, KEYS[4], ARGV[10])
  call('PEXPIREAT', KEYS[4], expires)
else
  call('MSET', KEYS[2], ARGV[8], KEYS[3], ARGV[9], KEYS[5], ARGV[11], KEYS[1], new_line)
  if parts % 8 >= 4 then
    call('DEL', KEYS[4])
  end
end
call('PEXPIREAT', KEYS[2], expires)
call('PEXPIREAT', KEYS[3], expires)
call('PEXPIREAT', KEYS[5], expires)
call('PEXPIREAT', KEYS[1], now + ARGV[4])
record(7, ARGV[1], ARGV[2], ARGV[4])
if drop_token then
  call('DEL', KEYS[6])
end
return now
