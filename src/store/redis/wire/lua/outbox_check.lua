
-- After this time, the look at the user on which the commit relies may be over. The clocks of two
-- nodes may differ by 5 s.
if before ~= '-' and now + 5000 >= tonumber(before) then
  return 'late'
end

local dropped, fields, is_left
local wake_at, wake_for = 0, '-'
if is_simple then
  -- HSET was checked for the plain commit, and a script may use all of its keys.
  if not may('PEXPIREAT', OUTBOX, '1') or INDEX and not may('ZADD', INDEX, '1', '')
    or session_write ~= 'nothing' and not may(FIRST_WRITE, KEYS[SESSION], '') then
    return redis.error_reply(NOT_ALLOWED)
  end
  if wake_up == 'after' then
    wake_at, wake_for = now + wake_word, version
  end
  -- The first write, because it alone raises an error if the index is of another type.
  if INDEX then
    call('ZADD', INDEX, now + length, 'w' .. user)
    if wake_at > 0 then
      call('ZADD', INDEX, wake_at, 'r' .. user)
    end
  end
else
  dropped, fields = {}, {}
  -- Why the outbox refuses, before anything is written.
  if drop_shown == '1' then
    while box.count + 0 > 0 and box.first + 0 <= box.shown + 0 do
      dropped[#dropped + 1] = F.pop(box, OUTBOX)
    end
    if #dropped > 0 and box.count + 0 == 0 then
      F.release_replies(box)
    elseif #dropped > 0 then
      box.r_id = string.sub(F.entry(OUTBOX, box.first .. '') or '-', 1, 32)
    end
  end
  if concludes ~= '-' and concludes ~= box.key then
    return 'no such call'
  end
  if concluded_by ~= '-' and not (F.call_held(box) and box.c_holder == concluded_by) then
    return 'not holder'
  end
  -- What the user fetches counts as sent once it was shown.
  if only_if_sent == '1' and box.count + 0 > 0
    and not (box.pull == '1' and box.first + box.count - 1 <= box.shown + 0) then
    return 'unsent'
  end
  local adds_reply, adds_call = reply ~= '', call_key ~= '-'
  local stays = box.key ~= '-' and concludes == '-'
  if adds_call and stays then
    local body = F.entry(OUTBOX, 'call') or ''
    return { 'pending', box.key, now - box.announced, box.c_attempt + 0, body }
  end
  -- What this reply replaces: those that cannot have reached the user. The others close up, so that
  -- all stay numbered without a gap.
  if box.count + 0 > 0 and string.sub(reply, 34, 34) == 'r' then
    local first, kept, head = box.first + 0, 0, '-'
    for at = first, first + box.count - 1 do
      local queued = F.entry(OUTBOX, at .. '')
      if not queued then
        return UNREADABLE
      end
      local is_in_doubt = at == first and box.in_doubt == '1'
      if string.sub(queued, 34, 34) == 'r' and at > box.shown + 0 and not is_in_doubt then
        box.bytes = box.bytes - #queued
      else
        if kept == 0 then
          head = string.sub(queued, 1, 32)
        end
        if first + kept < at then
          fields[#fields + 1], fields[#fields + 2] = first + kept, queued
        end
        kept = kept + 1
      end
    end
    -- The new reply gets the number after these.
    for at = first + kept + 1, first + box.count - 1 do
      dropped[#dropped + 1] = at .. ''
    end
    if head ~= box.r_id then
      -- It waits as long as what was first: the channel has asked for that.
      local after = box.r_after
      F.new_first(box, head)
      box.r_after = after
    end
    if kept == 0 then
      F.release_replies(box)
    end
    box.count, box.last = kept, first + kept - 1
  end
  local is_pending = stays or adds_call
  if (adds_reply or adds_call) and (concludes == '-' or is_pending) then
    local count, bytes = box.count + 0, box.bytes + #reply
    if adds_reply then
      count = count + 1
    end
    if is_pending then
      -- The place of its conclusion: a reply of the greatest length.
      count, bytes = count + 1, bytes + 16384
    end
    if count > 32 or bytes > 65536 then
      return 'full'
    end
  end

  -- The changes, to what is in memory here.
  if concludes ~= '-' then
    box.key, box.announced, box.c_attempt, box.c_after = '-', '0', '0', '0'
    F.release_call(box)
    if not adds_call then
      dropped[#dropped + 1] = 'call'
    end
  end
  if adds_reply then
    box.last, box.count, box.bytes = box.last + 1, box.count + 1, box.bytes + #reply
    box.pull = pull
    fields[#fields + 1], fields[#fields + 2] = box.last, reply
    if box.count == 1 then
      box.first, box.r_id = box.last, ARGV[1]
      if holder ~= '-' and pull == '0' and not F.replies_held(box) and box.r_after + 0 <= now then
        F.hand_out_reply(box, holder, length, reply)
      end
    end
  end
  if adds_call then
    fields[#fields + 1], fields[#fields + 2] = 'call', call_body
    box.key, box.announced = call_key, now
    if holder ~= '-' then
      F.hand_out_call(box, holder, length)
    end
  end
  if wake_up == 'after' then
    box.wake_at, box.wake_for, box.moves_wake_up = now + wake_word, version, true
  elseif wake_up == 'drop' or wake_up == 'dropif' and box.wake_for == wake_word then
    box.moves_wake_up = box.wake_at ~= '0'
    box.wake_at, box.wake_for = '0', '-'
  elseif wake_up == 'keep' and box.wake_for == wake_word then
    box.wake_for = box.wake_for == '-' and '-' or version
  end
  -- What was dropped goes with the hash if nothing else is left.
  is_left = #dropped > 0 and not F.is_gone(box)
  if not F.may_write(OUTBOX, INDEX, box) or is_left and not may('HDEL', OUTBOX, '') then
    return redis.error_reply(NOT_ALLOWED)
  end
end

if session_write == 'prolong' or session_write == 'keep' then
