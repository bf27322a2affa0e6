-- Takes the lease on a lane and its first entry.
--
-- KEYS  1 outbox, 2 version, 3 index, if there is one here
-- ARGV  1 lane ('r' or 'c'), 2 holder, 3 length of the lease and 4 retention in ms, 5 user id
-- Replies: 'idle'; for how many milliseconds another holder has the lease; the entry; or that the
-- outbox is unreadable.

local F = outbox_functions()
local box = F.read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
local is_reply = ARGV[1] == 'r'
local state = is_reply and F.replies_state(box) or not is_reply and F.call_state(box)
local holder, ends = box.r_holder, box.r_ends
if not is_reply then
  holder, ends = box.c_holder, box.c_ends
end
local is_mine = holder == ARGV[2]
if state == 'held' and not is_mine then
  return ends - now
end
-- What its holder has postponed waits too.
local after = is_reply and box.r_after or box.c_after
if state ~= 'due' and not (state == 'held' and after + 0 <= now) then
  return 'idle'
end
local value = F.entry(KEYS[1], is_reply and box.first .. '' or 'call')
if not value then
  return UNREADABLE
end
call('STRLEN', KEYS[2])
if not F.may_write(KEYS[1], KEYS[3], box) then
  return redis.error_reply(NOT_ALLOWED)
end

local work
if is_reply then
  work = F.hand_out_reply(box, ARGV[2], ARGV[3], value)
else
  work = F.hand_out_call(box, ARGV[2], ARGV[3], value)
end
-- First, because a full server refuses a script whose first write asks for memory.
call('PEXPIREAT', KEYS[2], now + ARGV[4])
F.write_outbox(KEYS[1], KEYS[3], ARGV[5], box, ARGV[4])
return work
