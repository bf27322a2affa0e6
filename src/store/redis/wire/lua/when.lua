-- When a user is due.
--
-- KEYS  1 outbox
-- Replies: the times for work and for the wake-up, 0 for none; and the time now. Or that
-- the outbox is unreadable.

local F = outbox_functions()
local box = F.read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
return { F.work_at(box) or 0, box.wake_at + 0, now }
