-- What is recorded under commit ids, for at least the retention. KEYS[first] and the key after it
-- are two hashes.
--
-- With generation = floor(now / retention), a record goes to the hash of generation % 2, which
-- expires at (generation + 2) * retention. Records are looked up in both hashes, so none is gone
-- before its retention is over, and none is kept for longer than two retentions.
--
-- The field without a name holds the expiry of its hash, the latest that it was given: a changed
-- retention shortens no promise that was made before. A field named for an expiry says that the
-- hash was given it, which saves all later records the calls for it.

-- What is recorded under a commit id; false if nothing is. Of a value that is longer than any
-- record, only the length.
local function recorded_under(first, id)
  for key = first, first + 1 do
    local length = call('HSTRLEN', KEYS[key], id)
    if length > 24630 then
      return length
    elseif length > 0 then
      return call('HGET', KEYS[key], id)
    end
  end
  return false
end

-- Reads all that the next record needs: its hash, the expiry of its generation, the expiry that the
-- hash has to be given (nil if none), and whether any record is kept. A session has made one, which
-- outlives it, so `kept` is false of a session only if its hashes were evicted or removed.
local function prepare_record(first, retention)
  local generation = math.floor(now / retention)
  local hash = KEYS[first + generation % 2]
  -- A whole number is written in half the time of any other.
  local expires = string.format('%d', (generation + 2) * retention)
  if call('HSTRLEN', hash, expires) > 0 then
    return hash, expires, nil, true
  end
  local latest = expires
  local length = call('HSTRLEN', hash, '')
  -- A value in another form is no expiry: Redis reads no number that begins with a zero. Fourteen
  -- digits reach to the year 5138.
  if length > 0 and length <= 14 then
    local other = call('HGET', hash, '')
    if string.find(other, '^[1-9]%d*$') and tonumber(other) > tonumber(expires) then
      latest = other
    end
  end
  local kept = length > 0 or call('HSTRLEN', KEYS[first + (generation + 1) % 2], '') > 0
  return hash, expires, latest, kept
end

-- Writes a record. Nothing here can fail but for want of a right.
local function write_record(hash, expires, latest, id, what)
  if latest then
    call('HSET', hash, id, what, expires, '1', '', latest)
    call('PEXPIREAT', hash, latest)
  else
    call('HSET', hash, id, what)
  end
end
