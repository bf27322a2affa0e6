-- Runs every command that the scripts for sessions and tokens run, so that a missing right is found
-- at start-up and not half-way through a commit. Removes what it writes, and leaves a key that
-- exists as it is.
--
-- KEYS  1 a key that no user has
-- Replies: 1; 0 if the key exists.
local call = redis.call

call('TIME')
if call('STRLEN', KEYS[1]) > 0 then
  return 0
end
call('GETRANGE', KEYS[1], '0', '1')
call('HGET', KEYS[1], '')
call('HSTRLEN', KEYS[1], '')
call('DEL', KEYS[1])
call('UNLINK', KEYS[1])
call('PEXPIREAT', KEYS[1], '1')
call('HSET', KEYS[1], '', '')
call('DEL', KEYS[1])
call('SET', KEYS[1], '', 'PX', '1')
call('DEL', KEYS[1])
call('MSET', KEYS[1], '')
call('DEL', KEYS[1])
return 1
