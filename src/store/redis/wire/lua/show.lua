-- Reads all that is in the outbox.
--
-- KEYS  1 outbox
-- ARGV  1 '1' if the replies are marked as shown, 2 retention in ms
--       3 the commit ids of replies that are left out, with a space after each
-- Replies: how often the first reply was handed out, if it may have been sent, the version that the
-- wake-up is bound to and in how many ms it is due; the call, if there is one; and the replies. Or
-- that the outbox is unreadable.

local F = outbox_functions()
local box = F.read_outbox(KEYS[1])
if not box then
  return UNREADABLE
end
local replies, left_out = {}, {}
for at = 1, box.count do
  local reply = F.entry(KEYS[1], box.first + at - 1 .. '') or ''
  local id = string.sub(reply, 1, 32)
  if id ~= '' and string.find(ARGV[3], id .. ' ', 1, true) then
    left_out[#left_out + 1] = reply
  else
    replies[#replies + 1] = reply
  end
end
local shown, fields, old = #replies, {}, {}
if #left_out > 0 then
  -- They wait behind the others, because all that is shown is counted from the first reply on.
  for _, reply in ipairs(left_out) do
    replies[#replies + 1] = reply
  end
  for at = 1, box.count do
    old[at] = box.first + at - 1 .. ''
    fields[#fields + 1], fields[#fields + 2] = box.last + at, replies[at]
  end
end
local pending = false
if box.key ~= '-' then
  pending = { box.key, now - box.announced, box.c_attempt + 0, F.entry(KEYS[1], 'call') or '' }
end
if ARGV[1] == '1' and box.count + 0 > 0 then
  if not F.may_write(KEYS[1], nil, box) or #old > 0 and not may('HDEL', KEYS[1], '') then
    return redis.error_reply(NOT_ALLOWED)
  end
  if #old > 0 then
    if string.sub(replies[1], 1, 32) ~= box.r_id then
      F.new_first(box, string.sub(replies[1], 1, 32))
    end
    box.first, box.last = box.last + 1, box.last + box.count
    call('HDEL', KEYS[1], unpack(old))
  end
  box.shown = box.first + shown - 1
  F.write_outbox(KEYS[1], nil, '', box, ARGV[2], unpack(fields))
end
return {
  box.r_attempt + 0, box.in_doubt + 0, box.wake_for, math.max(0, box.wake_at - now), pending,
  replies,
}
