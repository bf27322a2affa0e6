-- One commit: all of it, or nothing and what stands there now.
-- KEYS  1 version, 2 state, 3 stage, 4 option, 5 direction, 6 token, 7 and 8 done
-- ARGV  1 commit id, 2 what is recorded under it
--       3 and 4 the basis: parts, version line
--       5 state, 6 stage, 7 option ('' for none), 8 direction
--       9 and 10 the version line before and after `began`, 11 `began` ('' for now)
--       12 ttl, 13 lifetime, 14 retention (all in ms), 15 whether the token goes ('1')
-- Replies `began`, or a list: what a load reads, and what is recorded under the commit id.
-- Every read comes before the first write, and the first write asks for memory: an error reply means that nothing was written.
local call = redis.call

-- STRLEN raises WRONGTYPE, where EXISTS would let SET destroy a stranger's key.
local function part(key, bit)
  return call('STRLEN', key) > 0 and bit or 0
end

local done = call('HGET', KEYS[7], ARGV[1]) or call('HGET', KEYS[8], ARGV[1])
local line = call('GETRANGE', KEYS[1], 0, 2048)
local parts = part(KEYS[2], 1) + part(KEYS[3], 2) + part(KEYS[4], 4) + part(KEYS[5], 8)
local drop_token = ARGV[15] == '1'

if done or line ~= ARGV[4] or parts ~= tonumber(ARGV[3]) then
  return {
    line,
    call('GETRANGE', KEYS[2], 0, 65536),
    call('GETRANGE', KEYS[3], 0, 64),
    call('GETRANGE', KEYS[4], 0, 64),
    call('GETRANGE', KEYS[5], 0, 64),
    call('GETRANGE', KEYS[6], 0, 24576),
    done,
  }
end
if drop_token then
  call('STRLEN', KEYS[6])
end

-- One instant for all: PX would take the clock anew at every SET.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local began = tonumber(ARGV[11]) or now
local expires = math.max(now + 1, math.min(now + ARGV[12], began + ARGV[13]))
local retention = tonumber(ARGV[14])
local generation = math.floor(now / retention)
local wheel = KEYS[7 + generation % 2]

call('SET', KEYS[2], ARGV[5], 'PXAT', expires)
call('SET', KEYS[3], ARGV[6], 'PXAT', expires)
if ARGV[7] ~= '' then
  call('SET', KEYS[4], ARGV[7], 'PXAT', expires)
elseif parts % 8 >= 4 then
  call('DEL', KEYS[4])
end
call('SET', KEYS[5], ARGV[8], 'PXAT', expires)
call('SET', KEYS[1], ARGV[9] .. string.format('%.0f', began) .. ARGV[10], 'PXAT', now + retention)
call('HSET', wheel, ARGV[1], ARGV[2])
call('PEXPIREAT', wheel, (generation + 2) * retention)
if drop_token then
  call('DEL', KEYS[6])
end
return began
