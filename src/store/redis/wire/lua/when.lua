-- When a user is due.
--
-- KEYS  1 outbox
-- Replies: the times for work and for the wake-up, 0 if there is none; and the time now.

local box = read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
return { work_at(box) or 0, box.wake_at, now }
