-- Finds out which rights are missing that outboxes need beside those of the probe. Leaves nothing
-- behind, and a key that exists as it is.
--
-- KEYS  1 a key that no user has
-- Replies: the names of the commands that the user may not run.

local key = KEYS[1]
local missing = {}
-- `pcall` alone tells which command was refused. ZADD comes last, because a full server refuses it
-- if no other write came before.
for _, command in ipairs({
  { 'PTTL', key },
  { 'HDEL', key, '' },
  { 'ZSCORE', key, '' },
  { 'ZRANGEBYSCORE', key, '-inf', '1', 'LIMIT', '0', '1' },
  { 'ZREM', key, '' },
  { 'ZADD', key, 'XX', '1', '' },
}) do
  local reply = redis.pcall(unpack(command))
  local refusal = type(reply) == 'table' and reply.err
  if refusal and (string.find(refusal, 'NOPERM') or string.find(refusal, 'permission')
    or string.find(refusal, "can't run this command")) then
    missing[#missing + 1] = string.lower(command[1])
  elseif refusal then
    return reply
  end
end
return missing
