-- One commit: all of it, or nothing and what stands there now.
-- KEYS  1 session, 2 version, 3 token, 4 and 5 done
-- ARGV  1 commit id, 2 what is recorded under it, 3 ttl, 4 retention (in ms), 5 whether the token goes ('1')
--       6 and 7 the basis: how the session begins ('' for none), and the last byte of that
--       8 to 10 of a session that lives on: all of it, its version line, and the instant at which its lifetime is over
--       8 to 12 of one that begins: what follows its version line, that line before and after the instant of that, its
--       lifetime in ms, and the version line that is left of the one before ('' for none)
-- Replies the instant of the commit, or a list: what a load reads, and what is recorded under the commit id.
-- Every read comes before the first write, and the first write asks for memory: an error reply means that nothing was written.

local done = call('HGET', KEYS[4], ARGV[1]) or call('HGET', KEYS[5], ARGV[1])
local same = call('GETRANGE', KEYS[1], '0', ARGV[7]) == ARGV[6]
if ARGV[6] == '' then
  same = same and call('GETRANGE', KEYS[2], '0', '2048') == ARGV[12]
else
  -- STRLEN raises WRONGTYPE, where SET would destroy a stranger's key.
  call('STRLEN', KEYS[2])
end
local drop_token = ARGV[5] == '1'

if done or not same then
  return {
    call('GETRANGE', KEYS[1], '0', '67589'),
    call('GETRANGE', KEYS[2], '0', '2048'),
    done,
  }
end
if drop_token then
  call('STRLEN', KEYS[3])
end

local session, line, ends = ARGV[8], ARGV[9], ARGV[10]
if ARGV[11] then
  line, ends = ARGV[9] .. string.format('%.0f', now) .. ARGV[10], now + ARGV[11]
  session = line .. ARGV[8]
end

call('SET', KEYS[1], session, 'PX', ARGV[3])
call('SET', KEYS[2], line, 'PX', ARGV[4])
if now + ARGV[3] > tonumber(ends) then
  call('PEXPIREAT', KEYS[1], math.max(now + 1, ends))
end
record(4, ARGV[1], ARGV[2], ARGV[4])
if drop_token then
  call('DEL', KEYS[3])
end
return now
