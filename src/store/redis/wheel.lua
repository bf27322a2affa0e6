-- Records under a commit id what became of it, on the wheel whose first key is KEYS[first]: for the retention at least.
local function record(first, id, done, retention)
  local generation = math.floor(now / retention)
  -- Written as a whole number, which takes half the time of any other.
  local wheel, till = KEYS[first + generation % 2], string.format('%d', (generation + 2) * retention)
  -- A field named for the expiry is new where the hash is, or where the retention is another than it was: the others are saved
  -- the calls. A hash never ends before what was promised to anything in it, and under the empty field it says when.
  if call('HSET', wheel, id, done, till, '') == 2 then
    till = math.max(till, tonumber(call('HGET', wheel, '')) or 0)
    call('HSET', wheel, '', till)
    call('PEXPIREAT', wheel, till)
  end
end

