
-- After this time, the look at the user on which the commit relies may be over. The clocks of two
-- nodes may differ by 5 s.
if ARGV[30] ~= '' and now + 5000 >= tonumber(ARGV[30]) then
  return 'late'
end

-- Why the outbox refuses, before anything is written.
local dropped = {}
if ARGV[19] == '1' then
  while box.count > 0 and box.first <= box.shown do
    dropped[#dropped + 1] = pop(box, OUTBOX)
  end
  if #dropped > 0 then
    if box.count == 0 then
      release(box, 'r')
    else
      local value = first_entry(box, 'r', OUTBOX)
      box.r_id = value and string.sub(value, 1, 32) or '-'
    end
  end
end
if ARGV[17] ~= '' and ARGV[17] ~= box.key then
  return 'no such call'
end
-- What the user fetches counts as sent once it was shown.
local is_sent = box.count == 0 or box.pull == 1 and box.first + box.count - 1 <= box.shown
if ARGV[18] == '1' and not is_sent then
  return 'unsent'
end
local stays = box.key ~= '-' and ARGV[17] == ''
if ARGV[22] ~= '' and stays then
  return { 'pending', box.key, now - box.announced, box.c_attempt, entry(OUTBOX, 'call') or '' }
end
local is_pending = stays or ARGV[22] ~= ''
if (ARGV[20] ~= '' or ARGV[22] ~= '') and (ARGV[17] == '' or is_pending) then
  local count, bytes = box.count, box.bytes + #ARGV[20]
  if ARGV[20] ~= '' then
    count = count + 1
  end
  if is_pending then
    count, bytes = count + 1, bytes + tonumber(ARGV[29])
  end
  if count > 32 or bytes > 65536 then
    return 'full'
  end
end
if not may_write(OUTBOX, INDEX) then
  return redis.error_reply(NOT_ALLOWED)
end

-- The changes, to what is in memory here.
local fields = {}
if ARGV[17] ~= '' then
  box.key, box.announced, box.c_attempt, box.c_after = '-', 0, 0, 0
  release(box, 'c')
  if ARGV[22] == '' then
    dropped[#dropped + 1] = 'call'
  end
end
if ARGV[20] ~= '' then
  box.last = box.last + 1
  fields[1], fields[2] = number(box.last), ARGV[20]
  box.bytes = box.bytes + #ARGV[20]
  box.pull = tonumber(ARGV[21])
  box.count = box.count + 1
  if box.count == 1 then
    box.first, box.r_id = box.last, ARGV[1]
    if ARGV[24] ~= '' and box.pull == 0 and not is_held(box, 'r') then
      hand_out(box, 'r', ARGV[24], ARGV[25], ARGV[20])
    end
  end
end
if ARGV[22] ~= '' then
  fields[#fields + 1], fields[#fields + 2] = 'call', ARGV[23]
  box.key, box.announced = ARGV[22], now
  if ARGV[24] ~= '' then
    hand_out(box, 'c', ARGV[24], ARGV[25])
  end
end
local was_for = box.wake_for
if ARGV[26] == 'after' then
  box.wake_at, box.wake_for = now + ARGV[27], ARGV[28]
  box.moves_wake_up = true
elseif ARGV[26] == 'drop' or ARGV[26] == 'dropif' and was_for == ARGV[27] then
  box.moves_wake_up = box.wake_at > 0
  box.wake_at, box.wake_for = 0, '-'
elseif ARGV[26] == 'keep' and was_for == ARGV[27] then
  box.wake_for = ARGV[28]
end

if session_write == 'prolong' or session_write == 'keep' then
