-- Most often the reply is sent, and nothing else is in the outbox: then the hash goes, and no more
-- of it need be understood. The arguments are those of `settle.lua`.
local call = redis.call

if ARGV[1] == 'r' and ARGV[7] == '' and call('HSTRLEN', KEYS[1], 'state') <= 640 then
  local holder, id = string.match(call('HGET', KEYS[1], 'state') or '',
    '^1 (%S+) %d+ %d+ %d+ %d+ (%S+) 1 %d+ %d+ [01] %d+ 0 %- 0 0 %- 0 0 0 0 %- %d+$')
  if holder == ARGV[2] and id == ARGV[6] then
    if not may('DEL', KEYS[1]) or KEYS[3] and not may('ZREM', KEYS[3], '') then
      return redis.error_reply(NOT_ALLOWED)
    end
    -- First, because it raises an error if the index is of another type.
    if KEYS[3] then
      call('ZREM', KEYS[3], 'w' .. ARGV[5])
    end
    call('DEL', KEYS[1])
    return 'released'
  end
end
