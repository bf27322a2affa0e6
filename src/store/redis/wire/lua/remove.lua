-- Removes what belongs to a login of a user, or all of the user. As a script, because a full server
-- queues no transaction.
--
-- KEYS  1 to COUNT the keys of the user, the outbox first; then the index, if there is one here
-- ARGV  1 COUNT, 2 user id, 3 retention in ms
--       4 'login'; or 'all'; or for all the key of the call that must be in the slot, `-` for none
-- Replies: 1; 0 if the slot holds another call; or that the outbox is unreadable.

local F = outbox_functions()
local OUTBOX, count = KEYS[1], tonumber(ARGV[1])
local index = KEYS[count + 1]
-- With all of a user goes an outbox that cannot be read, and a foreign value.
local box = F.read_outbox(ARGV[4] ~= 'all' and OUTBOX)
if not box then
  return UNREADABLE
end
local fields, bytes = {}, 0
if ARGV[4] == 'login' then
  -- The outcomes that were not shown.
  for at = math.max(box.first, box.shown + 1), box.first + box.count - 1 do
    local reply = F.entry(OUTBOX, at .. '')
    if reply and string.sub(reply, 34, 34) == 'o' then
      local number = #fields / 2 + 1
      if number == 1 and string.sub(reply, 1, 32) ~= box.r_id then
        F.new_first(box, string.sub(reply, 1, 32))
      end
      fields[#fields + 1], fields[#fields + 2] = number, reply
      bytes = bytes + #reply
    end
  end
elseif ARGV[4] ~= 'all' and ARGV[4] ~= box.key then
  return 0
else
  box.key = '-'
end
-- What stays is written anew, so it is numbered anew.
box.first, box.count, box.last, box.bytes, box.shown = 1, #fields / 2, #fields / 2, bytes, 0
if box.count == 0 then
  F.new_first(box, '-')
  F.release_replies(box)
end
if box.key ~= '-' then
  fields[#fields + 1], fields[#fields + 2] = 'call', F.entry(OUTBOX, 'call') or ''
end
box.wake_at, box.wake_for, box.moves_wake_up = '0', '-', true
-- There may be entries of the index without an outbox.
box.is_new = false
if not may('UNLINK', OUTBOX) or not F.may_write(OUTBOX, index, box) then
  return redis.error_reply(NOT_ALLOWED)
end

-- First, because a full server carries it out, and then the rest too. Unlike DEL, it does not keep
-- the server from other work while it frees a large hash.
call('UNLINK', unpack(KEYS, 1, count))
F.write_outbox(OUTBOX, index, ARGV[2], box, ARGV[3], unpack(fields))
return 1
