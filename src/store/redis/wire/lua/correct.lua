-- Corrects entries of the index by what was found in the outboxes.
--
-- KEYS  1 index
-- ARGV  for each entry its member, the score of its claim, '' if it was not claimed, and the time
--       in the outbox, '' if not at all
-- Replies: how many entries were missing.
--
-- What was claimed is moved or removed, unless it has changed since. What was not claimed is added
-- or made earlier: commits may rely on an entry for work, so that one is only added.

if not (may('ZADD', KEYS[1], '1', '') and may('ZREM', KEYS[1], '')) then
  return redis.error_reply(NOT_ALLOWED)
end
local missing = 0
for at = 1, #ARGV, 3 do
  local member, claim, time = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local score = call('ZSCORE', KEYS[1], member)
  score = score and tonumber(score)
  if claim ~= '' then
    if score == tonumber(claim) then
      -- Removed first, because a full server refuses a script that begins with ZADD.
      call('ZREM', KEYS[1], member)
      if time ~= '' then
        call('ZADD', KEYS[1], time, member)
      end
    end
  elseif not score then
    call('ZADD', KEYS[1], time, member)
    missing = missing + 1
  elseif string.sub(member, 1, 1) == 'r' then
    local new = math.min(score, time)
    if score % 1 > 0 then
      -- Its claimer may not have found this time, and must not remove it.
      new = math.max(score + 0.5, time)
    end
    if new ~= score then
      call('ZADD', KEYS[1], string.format('%.0f', new), member)
    end
  end
end
return missing
