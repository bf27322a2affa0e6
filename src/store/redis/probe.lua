-- Whether this user may run every command that the other scripts run: a right that is missing must not show half-way through a
-- commit. What it writes it removes; a key that is there already it leaves alone.
-- KEYS  1 a key that is no user's
local call = redis.call

call('TIME')
if call('STRLEN', KEYS[1]) > 0 then
  return 0
end
call('GETRANGE', KEYS[1], '0', '1')
call('HGET', KEYS[1], '')
call('DEL', KEYS[1])
call('PEXPIREAT', KEYS[1], '1')
call('HSET', KEYS[1], '', '')
call('DEL', KEYS[1])
call('SET', KEYS[1], '', 'PX', '1')
call('DEL', KEYS[1])
call('MSET', KEYS[1], '')
call('DEL', KEYS[1])
return 1
