-- Records under a commit id what became of it, for at least the retention. KEYS[first] and the key
-- after it are the two hashes.
--
-- With generation = floor(now / retention), a record goes to the hash of generation % 2, which
-- expires at (generation + 2) * retention. Records are looked up in both hashes, so none is gone
-- before its retention is over, and none is kept for longer than two retentions.
local function record(first, id, what, retention)
  local generation = math.floor(now / retention)
  local hash = KEYS[first + generation % 2]
  -- A whole number is written in half the time of any other.
  local expires = string.format('%d', (generation + 2) * retention)
  -- A field named for the expiry is new (2 fields added) if the hash is new or the retention was
  -- changed; all other records save the calls below. A hash keeps the latest of its expiries, which
  -- the empty field holds: a changed retention shortens no promise that was made before.
  if call('HSET', hash, id, what, expires, '') == 2 then
    expires = math.max(expires, tonumber(call('HGET', hash, '')) or 0)
    call('HSET', hash, '', expires)
    call('PEXPIREAT', hash, expires)
  end
end

