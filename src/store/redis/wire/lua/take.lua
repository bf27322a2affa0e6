-- Takes the lease on a lane and its first entry.
--
-- KEYS  1 outbox, 2 version, 3 index, if there is one here
-- ARGV  1 lane ('r' or 'c'), 2 holder, 3 length of the lease and 4 retention in ms, 5 user id
-- Replies: 'idle'; for how many milliseconds another holder has the lease; or the entry.

local box = read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
local lane = ARGV[1]
if is_held(box, lane) and box[lane .. '_holder'] ~= ARGV[2] then
  return box[lane .. '_ends'] - now
end
if not is_due(box, lane) then
  return 'idle'
end
local value = first_entry(box, lane, KEYS[1])
if not value then
  return UNREADABLE
end
call('STRLEN', KEYS[2])
if not may_write(KEYS[1], KEYS[3]) then
  return redis.error_reply(NOT_ALLOWED)
end

local work = hand_out(box, lane, ARGV[2], ARGV[3], value)
write_outbox(KEYS[1], KEYS[3], ARGV[5], box, ARGV[4])
call('PEXPIREAT', KEYS[2], number(now + ARGV[4]))
return work
