-- Asks to be the one who refreshes the token.
-- KEYS  1 claim
-- ARGV  1 owner, 2 lease in ms
-- Replies how many milliseconds another owner's lease still runs; 0 where the claim is the caller's.

local claim = call('GETRANGE', KEYS[1], '0', '64')
-- What is not in this form is nobody's claim.
local owner, till = string.match(claim, '^(%x+) (%d+)$')
if owner and owner ~= ARGV[1] and tonumber(till) > now then
  return tonumber(till) - now
end

call('SET', KEYS[1], string.format('%s %.0f', ARGV[1], now + ARGV[2]), 'PX', ARGV[2])
return 0
