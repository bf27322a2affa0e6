-- Reads all that is in the outbox.
--
-- KEYS  1 outbox
-- ARGV  1 '1' if the replies are marked as shown, 2 retention in ms
-- Replies: the state in words: how often the first reply was handed out, if it may have been sent,
-- the version that the wake-up is bound to and in how many ms it is due; the call, if there is one;
-- and the replies.

local box = read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
local replies = {}
for at = 1, box.count do
  replies[at] = entry(KEYS[1], number(box.first + at - 1)) or ''
end
local pending = false
if box.key ~= '-' then
  pending = { box.key, now - box.announced, box.c_attempt, entry(KEYS[1], 'call') or '' }
end
if ARGV[1] == '1' and box.count > 0 then
  if not may_write(KEYS[1]) then
    return redis.error_reply(NOT_ALLOWED)
  end
  box.shown = box.first + box.count - 1
  write_outbox(KEYS[1], nil, '', box, ARGV[2])
end
return {
  box.r_attempt, box.in_doubt, box.wake_for, math.max(0, box.wake_at - now), pending, replies,
}
