-- Removes everything of a user. As a script, because a full server queues no transaction.
--
-- KEYS  1 to COUNT the keys of the user, then the index, if there is one here
-- ARGV  1 COUNT, 2 user id
-- Replies: 1

local call = redis.call
local count = tonumber(ARGV[1])
local index = KEYS[count + 1]
if not may('UNLINK', KEYS[1]) or index and not may('ZREM', index, '') then
  return redis.error_reply(NOT_ALLOWED)
end
if index then
  -- Raises WRONGTYPE for a foreign key, before anything is removed.
  call('ZSCORE', index, '')
end
-- Unlike DEL, it does not keep the server from other work while it frees a large hash.
call('UNLINK', unpack(KEYS, 1, count))
if index then
  call('ZREM', index, 'w' .. ARGV[2], 'r' .. ARGV[2])
end
return 1
