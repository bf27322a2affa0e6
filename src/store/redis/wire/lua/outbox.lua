-- The outbox of a user: one hash. Its field `state` is one line of 23 words, in the order of FIELDS;
-- `-` is a text that is not there, and 0 a time that is not there. Each reply has a field named for
-- its number in the queue, and the call has the field `call`. If nothing is left, there is no hash.
--
-- A lane is worked on by the holder of its lease, until the lease ends or is released. A rest that is
-- longer than the lease counts as over: then the server's clock was set back.

local FIELDS = {
  'form',
  -- The queue: its lease, when its first reply may be tried again, the number and the id of that
  -- reply, how many there are and how many bytes they take, how often the first was handed out,
  -- whether an earlier attempt may have sent it, up to which number they were shown, and whether the
  -- user fetches them.
  'r_holder', 'r_ends', 'r_length', 'r_after', 'first', 'r_id', 'count', 'bytes', 'r_attempt',
  'in_doubt', 'shown', 'pull',
  -- The call: its key, when it was announced, and the same as of the queue.
  'key', 'announced', 'c_attempt', 'c_holder', 'c_ends', 'c_length', 'c_after',
  -- The wake-up: when, and the version that it is bound to.
  'wake_at', 'wake_for',
  -- How many replies there ever were.
  'last',
}
local TEXTS = { r_holder = true, r_id = true, key = true, c_holder = true, wake_for = true }
local MAX_STATE = 640

-- The outbox, or nil and an error. An empty one if there is no hash.
local function read_outbox(key)
  local length = call('HSTRLEN', key, 'state')
  local box = {}
  if length == 0 then
    for _, name in ipairs(FIELDS) do
      box[name] = TEXTS[name] and '-' or 0
    end
    box.form, box.is_new = 1, true
    return box
  end
  local words = length <= MAX_STATE and call('HGET', key, 'state') or ''
  local at = 0
  for word in string.gmatch(words, '%S+') do
    at = at + 1
    local name = FIELDS[at]
    if not name then
      return nil
    end
    box[name] = TEXTS[name] and word or tonumber(word)
    if not box[name] then
      return nil
    end
  end
  -- A later form is left alone.
  if at ~= #FIELDS or box.form ~= 1 then
    return nil
  end
  return box
end

local UNREADABLE = 'unreadable'

local function is_held(box, lane)
  local rest = box[lane .. '_ends'] - now
  return box[lane .. '_holder'] ~= '-' and rest > 0 and rest <= box[lane .. '_length']
end

local function is_empty(box, lane)
  if lane == 'r' then
    return box.count == 0
  end
  return box.key == '-'
end

local function is_due(box, lane)
  return not is_empty(box, lane) and not (lane == 'r' and box.pull == 1)
    and box[lane .. '_after'] <= now
end

local function lane_state(box, lane)
  if is_empty(box, lane) then
    return 'empty'
  elseif is_held(box, lane) then
    return 'held'
  end
  return is_due(box, lane) and 'due' or 'later'
end

local function take_lease(box, lane, holder, length)
  box[lane .. '_holder'] = holder
  box[lane .. '_length'] = tonumber(length)
  box[lane .. '_ends'] = now + length
end

local function release(box, lane)
  box[lane .. '_holder'], box[lane .. '_ends'], box[lane .. '_length'] = '-', 0, 0
end

-- When the user is due for work; nil if there is none.
local function work_at(box)
  local earliest
  for _, lane in ipairs({ 'r', 'c' }) do
    if not is_empty(box, lane) and not (lane == 'r' and box.pull == 1) then
      local free = is_held(box, lane) and box[lane .. '_ends'] or now
      local at = math.max(free, box[lane .. '_after'])
      earliest = earliest and math.min(earliest, at) or at
    end
  end
  return earliest
end

local function number(n)
  return string.format('%.0f', n)
end

-- Whether all that a write of the outbox may need is allowed.
local function may_write(key, index)
  return may('HSET', key, 'state', '') and may('HDEL', key, 'state') and may('DEL', key)
    and may('PEXPIREAT', key, '1')
    and (not index or may('ZADD', index, '1', '') and may('ZREM', index, ''))
end

-- Writes the outbox, with these fields beside its state, or removes it if nothing is left; and the
-- user's entries in the index, if there is one here: `w` for work, and `r` for the wake-up.
local function write_outbox(key, index, member, box, retention, ...)
  if box.count == 0 and box.key == '-' and box.wake_at == 0 then
    if not box.is_new then
      call('DEL', key)
    end
  else
    local words = {}
    for at, name in ipairs(FIELDS) do
      words[at] = TEXTS[name] and box[name] or number(box[name])
    end
    call('HSET', key, 'state', table.concat(words, ' '), ...)
    call('PEXPIREAT', key, number(math.max(now, box.wake_at) + retention))
  end
  if index then
    local at = work_at(box)
    if at then
      call('ZADD', index, number(at), 'w' .. member)
    elseif not box.is_new then
      call('ZREM', index, 'w' .. member)
    end
    if box.moves_wake_up then
      if box.wake_at > 0 then
        call('ZADD', index, number(box.wake_at), 'r' .. member)
      else
        call('ZREM', index, 'r' .. member)
      end
    end
  end
end

-- A field of the outbox; nil if it is missing, or longer than any that this crate writes.
local MAX_ENTRY = 25000
local function entry(key, field)
  local length = call('HSTRLEN', key, field)
  return length > 0 and length <= MAX_ENTRY and call('HGET', key, field) or nil
end

-- The first entry of a lane, to be handed out; nil if it cannot be read.
local function first_entry(box, lane, key)
  return entry(key, lane == 'c' and 'call' or number(box.first))
end

-- Hands out the first entry of a lane: its attempt is counted now, before the work.
local function hand_out(box, lane, holder, length, value)
  take_lease(box, lane, holder, length)
  box[lane .. '_after'] = 0
  box[lane .. '_attempt'] = box[lane .. '_attempt'] + 1
  if lane == 'c' then
    return { 'call', box.key, now - box.announced, box.c_attempt, value }
  end
  local doubt = box.in_doubt
  box.in_doubt = 1
  box.r_id = string.sub(value, 1, 32)
  return { 'reply', box.r_attempt, doubt, value }
end

-- Removes the first reply. Returns its field, which is deleted when all is checked.
local function pop(box, key)
  local field = number(box.first)
  box.bytes = box.bytes - call('HSTRLEN', key, field)
  box.first, box.count = box.first + 1, box.count - 1
  box.r_attempt, box.in_doubt, box.r_after, box.r_id = 0, 0, 0, '-'
  return field
end
