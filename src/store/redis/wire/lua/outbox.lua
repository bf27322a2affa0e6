-- The outbox of a user: one hash. Its field `state` is one line of 23 words, in the order in which
-- `write_outbox` puts them together; `-` is a text that is not there, and 0 a time that is not
-- there. Each reply has a field named for its number in the queue, and the call has the field
-- `call`. If nothing is left, there is no hash.
--
-- A lane is worked on by the holder of its lease, until the lease ends or is released. A rest that
-- is longer than the lease counts as over: then the server's clock was set back.
--
-- The functions are made only if they are needed, because that takes a script longer than what most
-- commits and settlements do with an outbox.
--
-- Words are kept as they were read until they change: to write a number takes longer than to keep
-- its text.

local UNREADABLE = 'unreadable'

local function outbox_functions()
  local STATE = '^1 (%S+) (%d+) (%d+) (%d+) (%d+) (%S+) (%d+) (%d+) (%d+) ([01]) (%d+) ([01])'
    .. ' (%S+) (%d+) (%d+) (%S+) (%d+) (%d+) (%d+) (%d+) (%S+) (%d+)$'
  local MAX_STATE = 640
  -- The digits of a time. More could not be counted with.
  local MAX_DIGITS = 14
  local MAX_ENTRY = 25000

  -- The outbox, or nil if it cannot be read. An empty one if there is no hash, or no key is given.
  local function read_outbox(key)
    local length = key and call('HSTRLEN', key, 'state') or 0
    local words = '1 - 0 0 0 0 - 0 0 0 0 0 0 - 0 0 - 0 0 0 0 - 0'
    if length > 0 then
      words = length <= MAX_STATE and call('HGET', key, 'state') or ''
    end
    local a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v =
      string.match(words, STATE)
    -- A later form is left alone, and so is what could stop a script half-way.
    if not v or g + 0 > 32 then
      return nil
    end
    for _, word in ipairs({ a, f, m, p }) do
      if word ~= '-' and (#word ~= 32 or string.find(word, '%X')) then
        return nil
      end
    end
    if u ~= '-' and not string.find(u, '^%d+%-%x+$') then
      return nil
    end
    for _, number in ipairs({ b, c, d, e, g, h, i, k, n, o, q, r, s, t, v }) do
      if #number > MAX_DIGITS then
        return nil
      end
    end
    return {
      is_new = length == 0,
      -- The queue: its lease, when its first reply may be tried again, the number and the id of
      -- that reply, how many there are and how many bytes they take, how often the first was handed
      -- out, whether an earlier attempt may have sent it, up to which number they were shown, and
      -- whether the user fetches them.
      r_holder = a, r_ends = b, r_length = c, r_after = d, first = e, r_id = f, count = g,
      bytes = h, r_attempt = i, in_doubt = j, shown = k, pull = l,
      -- The call: its key, when it was announced, and the same as of the queue.
      key = m, announced = n, c_attempt = o, c_holder = p, c_ends = q, c_length = r, c_after = s,
      -- The wake-up: when, and the version that it is bound to.
      wake_at = t, wake_for = u,
      -- How many replies there ever were.
      last = v,
    }
  end

  -- Whether the lease on a lane is held: by its end and length.
  local function is_held(holder, ends, length)
    local rest = ends - now
    return holder ~= '-' and rest > 0 and rest <= length + 0
  end

  local function replies_held(b)
    return is_held(b.r_holder, b.r_ends, b.r_length)
  end

  local function call_held(b)
    return is_held(b.c_holder, b.c_ends, b.c_length)
  end

  -- Whether a worker is to send what is in the queue.
  local function has_replies(b)
    return b.count + 0 > 0 and b.pull == '0'
  end

  -- When the user is due for work; nil if nothing is to be done.
  local function work_at(b)
    local at
    if has_replies(b) then
      at = math.max(replies_held(b) and b.r_ends + 0 or now, b.r_after)
    end
    if b.key ~= '-' then
      local call_at = math.max(call_held(b) and b.c_ends + 0 or now, b.c_after)
      at = at and math.min(at, call_at) or call_at
    end
    return at
  end

  local function replies_state(b)
    if b.count + 0 == 0 then
      return 'empty'
    elseif replies_held(b) then
      return 'held'
    end
    return has_replies(b) and b.r_after + 0 <= now and 'due' or 'later'
  end

  local function call_state(b)
    if b.key == '-' then
      return 'empty'
    elseif call_held(b) then
      return 'held'
    end
    return b.c_after + 0 <= now and 'due' or 'later'
  end

  local function release_replies(b)
    b.r_holder, b.r_ends, b.r_length = '-', '0', '0'
  end

  local function release_call(b)
    b.c_holder, b.c_ends, b.c_length = '-', '0', '0'
  end

  local function is_gone(b)
    return b.count + 0 == 0 and b.key == '-' and b.wake_at == '0'
  end

  -- Whether all that `write_outbox` does with this outbox is allowed. Raises an error if the index
  -- is of another type.
  local function may_write(key, index, b)
    if index then
      call('ZSCORE', index, '')
    end
    if is_gone(b) then
      return may('DEL', key) and (not index or may('ZREM', index, ''))
    end
    return may('HSET', key, '', '') and may('PEXPIREAT', key, '1')
      and (not index or may('ZADD', index, '1', '') and may('ZREM', index, ''))
  end

  -- Writes the outbox, with these fields beside its state, or removes it if nothing is left; and
  -- the user's entries in the index, if there is one here: `w` for work, and `r` for the wake-up.
  local function write_outbox(key, index, member, b, retention, ...)
    if not is_gone(b) then
      local words = '1 ' .. b.r_holder .. ' ' .. b.r_ends .. ' ' .. b.r_length .. ' ' .. b.r_after
        .. ' ' .. b.first .. ' ' .. b.r_id .. ' ' .. b.count .. ' ' .. b.bytes .. ' ' .. b.r_attempt
        .. ' ' .. b.in_doubt .. ' ' .. b.shown .. ' ' .. b.pull .. ' ' .. b.key .. ' '
        .. b.announced
        .. ' ' .. b.c_attempt .. ' ' .. b.c_holder .. ' ' .. b.c_ends .. ' ' .. b.c_length .. ' '
        .. b.c_after .. ' ' .. b.wake_at .. ' ' .. b.wake_for .. ' ' .. b.last
      call('HSET', key, 'state', words, ...)
      call('PEXPIREAT', key, math.max(now, b.wake_at) + retention)
    elseif not b.is_new then
      call('DEL', key)
    end
    if not index then
      return
    end
    local at = work_at(b)
    if at then
      call('ZADD', index, at, 'w' .. member)
    elseif not b.is_new then
      call('ZREM', index, 'w' .. member)
    end
    if b.moves_wake_up then
      if b.wake_at == '0' then
        call('ZREM', index, 'r' .. member)
      else
        call('ZADD', index, b.wake_at, 'r' .. member)
      end
    end
  end

  -- A field of the outbox; nil if it is missing, or longer than any that this crate writes.
  local function entry(key, field)
    local length = call('HSTRLEN', key, field)
    return length > 0 and length <= MAX_ENTRY and call('HGET', key, field) or nil
  end

  -- Takes the lease on the queue, and hands out its first reply: the attempt is counted now, before
  -- the work.
  local function hand_out_reply(b, holder, length, value)
    local doubt = b.in_doubt + 0
    b.r_holder, b.r_ends, b.r_length, b.r_after = holder, now + length, length, '0'
    b.r_attempt, b.in_doubt, b.r_id = b.r_attempt + 1, '1', string.sub(value, 1, 32)
    return { 'reply', b.r_attempt, doubt, value }
  end

  local function hand_out_call(b, holder, length, value)
    b.c_holder, b.c_ends, b.c_length, b.c_after = holder, now + length, length, '0'
    b.c_attempt = b.c_attempt + 1
    return { 'call', b.key, now - b.announced, b.c_attempt, value }
  end

  -- The reply of this id is the first one from now on; '-' if the queue is empty.
  local function new_first(b, id)
    b.r_attempt, b.in_doubt, b.r_after, b.r_id = '0', '0', '0', id
  end

  -- Removes the first reply. Returns its field, which is deleted when all is checked.
  local function pop(b, key)
    local field = b.first .. ''
    b.bytes = b.bytes - call('HSTRLEN', key, field)
    b.first, b.count = b.first + 1, b.count - 1
    new_first(b, '-')
    return field
  end

  return {
    read_outbox = read_outbox,
    replies_held = replies_held,
    call_held = call_held,
    has_replies = has_replies,
    work_at = work_at,
    replies_state = replies_state,
    call_state = call_state,
    release_replies = release_replies,
    release_call = release_call,
    is_gone = is_gone,
    may_write = may_write,
    write_outbox = write_outbox,
    entry = entry,
    hand_out_reply = hand_out_reply,
    hand_out_call = hand_out_call,
    new_first = new_first,
    pop = pop,
  }
end
