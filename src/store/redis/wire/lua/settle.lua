-- Says what became of the first entry of a lane, and hands out the next one or releases the lease.
--
-- KEYS  1 outbox, 2 version, 3 index, if there is one here
-- ARGV  1 lane ('r' or 'c'), 2 holder, 3 length of the lease and 4 retention in ms, 5 user id
--       6 the entry: the commit id of the reply, or the key of the call
--       7 '' if it is done, else after how many ms it is tried again, 8 '1' if it may have been sent
-- Replies: 'not holder', 'released', or the next entry.

local box = read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
local lane = ARGV[1]
if is_empty(box, lane) or box[lane .. '_holder'] ~= ARGV[2] then
  return 'not holder'
end
call('STRLEN', KEYS[2])
if not may_write(KEYS[1], KEYS[3]) then
  return redis.error_reply(NOT_ALLOWED)
end

-- An entry that is not the first was settled before.
local goes_on = true
local done
if ARGV[6] == (lane == 'r' and box.r_id or box.key) then
  if ARGV[7] ~= '' then
    box[lane .. '_after'] = now + ARGV[7]
    if lane == 'r' then
      box.in_doubt = tonumber(ARGV[8])
    end
    goes_on = false
  elseif lane == 'r' then
    done = pop(box, KEYS[1])
  else
    goes_on = false
  end
end
local value = goes_on and is_due(box, lane) and first_entry(box, lane, KEYS[1])
local work = 'released'
if value then
  work = hand_out(box, lane, ARGV[2], ARGV[3], value)
else
  release(box, lane)
end
-- What is done goes with the hash if nothing else is left.
if done and (box.count > 0 or box.key ~= '-' or box.wake_at > 0) then
  call('HDEL', KEYS[1], done)
end
write_outbox(KEYS[1], KEYS[3], ARGV[5], box, ARGV[4])
call('PEXPIREAT', KEYS[2], number(now + ARGV[4]))
return work
