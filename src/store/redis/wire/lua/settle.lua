-- Says what became of the first entry of a lane, and hands out the next one or releases the lease.
--
-- KEYS  1 outbox, 2 version, 3 index, if there is one here
-- ARGV  1 lane ('r' or 'c'), 2 holder, 3 length of the lease and 4 retention in ms, 5 user id
--       6 the entry: the commit id of the reply, or the key of the call
--       7 '' if it is done, else after how many ms it is tried again, 8 '1' if it may have been
--         sent
-- Replies: 'not holder', 'released', or the next entry; or that the outbox is unreadable.

local F = outbox_functions()
local box = F.read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
local work = 'released'
local done
if ARGV[1] == 'c' then
  if box.key == '-' or box.c_holder ~= ARGV[2] then
    return 'not holder'
  end
  -- A call is removed by its conclusion. One that is not in the slot was settled before.
  if ARGV[6] == box.key and ARGV[7] ~= '' then
    box.c_after = now + ARGV[7]
  end
  local value = ARGV[6] ~= box.key and box.c_after + 0 <= now and F.entry(KEYS[1], 'call')
  if value then
    -- An earlier copy of this settlement has handed it out: it is the same attempt.
    box.c_attempt = math.max(0, box.c_attempt - 1)
    work = F.hand_out_call(box, ARGV[2], ARGV[3], value)
  else
    F.release_call(box)
  end
else
  if box.count + 0 == 0 or box.r_holder ~= ARGV[2] then
    return 'not holder'
  end
  local postponed = false
  if ARGV[6] == box.r_id then
    if ARGV[7] == '' then
      done = F.pop(box, KEYS[1])
    else
      box.r_after, box.in_doubt, postponed = now + ARGV[7], ARGV[8], true
    end
  end
  local value = not postponed and F.has_replies(box) and box.r_after + 0 <= now
    and F.entry(KEYS[1], box.first .. '')
  if value and not done then
    -- An earlier copy of this settlement has handed it out: it is the same attempt.
    box.r_attempt = math.max(0, box.r_attempt - 1)
    box.in_doubt = box.r_attempt > 0 and '1' or '0'
  end
  if value then
    work = F.hand_out_reply(box, ARGV[2], ARGV[3], value)
  else
    F.release_replies(box)
  end
end
call('STRLEN', KEYS[2])
-- What is done goes with the hash if nothing else is left.
local is_left = done and not F.is_gone(box)
if not F.may_write(KEYS[1], KEYS[3], box) or is_left and not may('HDEL', KEYS[1], '') then
  return redis.error_reply(NOT_ALLOWED)
end

-- First, because a full server refuses a script whose first write asks for memory.
call('PEXPIREAT', KEYS[2], now + ARGV[4])
if is_left then
  call('HDEL', KEYS[1], done)
end
F.write_outbox(KEYS[1], KEYS[3], ARGV[5], box, ARGV[4])
return work
