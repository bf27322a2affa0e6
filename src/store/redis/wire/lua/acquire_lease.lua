-- Asks for the lease to refresh the token.
--
-- KEYS  1 lease
-- ARGV  1 holder, 2 length in ms
-- Replies: 0 if the lease is the caller's; else for how many milliseconds another holder has it.

local lease = call('GETRANGE', KEYS[1], '0', '64')
-- A value in another form is no lease.
local holder, ends = string.match(lease, '^(%x+) (%d+)$')
if holder and holder ~= ARGV[1] and tonumber(ends) > now then
  return tonumber(ends) - now
end

call('SET', KEYS[1], string.format('%s %.0f', ARGV[1], now + ARGV[2]), 'PX', ARGV[2])
return 0
