-- Asks for the lease to refresh the token.
--
-- KEYS  1 lease: 'holder end length', in ms
-- ARGV  1 holder, 2 length in ms
-- Replies: 0 if the lease is the caller's; else for how many milliseconds another holder has it.

local lease = call('GETRANGE', KEYS[1], '0', '96')
-- A value in another form is no lease.
local holder, ends, length = string.match(lease, '^(%x+) (%d+) (%d+)$')
if holder and holder ~= ARGV[1] then
  local remaining = tonumber(ends) - now
  -- More than the whole length is left only if the clock was set back, and with it the expiry of
  -- the key. Then the lease is over.
  if remaining > 0 and remaining <= tonumber(length) then
    return remaining
  end
end

local value = string.format('%s %.0f %s', ARGV[1], now + ARGV[2], ARGV[2])
call('SET', KEYS[1], value, 'PX', ARGV[2])
return 0
